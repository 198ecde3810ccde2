"""Tables of hostile inputs, one module for each door."""
