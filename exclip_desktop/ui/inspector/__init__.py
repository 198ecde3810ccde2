"""The tabs beside the picture."""
