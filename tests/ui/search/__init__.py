"""Tests of the search of the open list."""
