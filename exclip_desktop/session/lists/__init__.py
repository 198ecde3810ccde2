"""Lists of pairs: reading, walking through, explaining all."""
