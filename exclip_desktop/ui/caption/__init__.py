"""The caption: its editor and its token strip."""
