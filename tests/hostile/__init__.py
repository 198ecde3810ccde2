"""Hostile and careless inputs: one module of generators per door, run in child processes by ``runner``."""
