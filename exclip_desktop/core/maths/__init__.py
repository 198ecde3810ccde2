"""Arithmetic on those values, with numpy."""
