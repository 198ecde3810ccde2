"""Widgets of two pictures and two captions."""
