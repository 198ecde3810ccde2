"""Explains: one module per method, each exact, over the towers of ``models``."""
