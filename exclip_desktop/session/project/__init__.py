"""The open project and its findings."""
