"""The windows that evaluate methods."""
