"""Methods of the first order: one module each, from a transformer's way through its blocks to a value per token."""
