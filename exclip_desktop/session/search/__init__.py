"""Searching the open list: query, hits, ranking."""
