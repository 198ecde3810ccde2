"""The two towers of each architecture: features before a layer, the head after it."""
