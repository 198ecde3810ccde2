"""The inspector: tabs with the values of the explanation on screen."""
