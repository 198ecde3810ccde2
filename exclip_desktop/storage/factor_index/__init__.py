"""Pictures' factors in the order of their list, memory-mapped, for searches of many pictures."""
