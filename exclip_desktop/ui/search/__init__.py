"""The panel of search results."""
