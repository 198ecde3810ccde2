"""The application's state, and everything that changes it: no widgets, and torch only inside the worker's thread."""
