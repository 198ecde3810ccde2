"""Lists of pairs: read from a person's data sets, and written so that other programs and this one can read them."""
