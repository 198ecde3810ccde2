"""Panes of several methods and models."""
