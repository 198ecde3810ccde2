"""Makes scenes with known boxes, and trains and measures the bundled model. The program imports nothing from here."""
