"""Studies: methods × metrics × pairs."""
