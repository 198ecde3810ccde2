"""Two pictures and two captions in the window."""
