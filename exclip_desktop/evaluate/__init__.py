"""What attributions are worth, measured on the model itself."""
