"""Reads pictures and writes results; every write is atomic."""
