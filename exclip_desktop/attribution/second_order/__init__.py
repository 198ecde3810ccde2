"""Second-order attributions: integrated Jacobians of both towers."""
