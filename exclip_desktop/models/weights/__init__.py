"""Weights: finding, reading, fitting, downloading and packing them."""
