"""Captions to tokens, one module per kind of tokenizer."""
