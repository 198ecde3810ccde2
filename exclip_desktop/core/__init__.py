"""Plain frozen values and numpy arithmetic: nothing here knows torch or Qt."""
