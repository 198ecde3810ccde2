"""Dialogs that evaluate methods and occlude selections."""
