"""The picture with its heat and regions."""
