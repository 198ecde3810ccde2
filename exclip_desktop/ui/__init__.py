"""Widgets: they read the state, send intents, and hold no truth of their own."""
