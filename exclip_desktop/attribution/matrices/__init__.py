"""Methods of the second order beside ours: one module each, from a pair to a matrix of tokens × patches."""
