"""Handlers of the menus' actions."""
