"""Evaluation of attributions with the model's own scores and with places in pictures."""
