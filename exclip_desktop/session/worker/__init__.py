"""The thread that owns the model: its mailbox, requests and engine."""
