"""The docks of pairs and findings."""
