"""Makes scenes with known boxes and trains the bundled model; the program itself imports nothing of this package."""
