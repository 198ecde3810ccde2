"""Draws figures: one renderer on matplotlib for the command line, the window and reports."""
