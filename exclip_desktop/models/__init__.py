"""Everything that knows an implementation of CLIP: finding, loading, reading in, and running its two towers."""
