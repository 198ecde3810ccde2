"""Frozen values that cross every boundary."""
