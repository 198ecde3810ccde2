"""The models on this computer and those to download."""
