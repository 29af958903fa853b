"""The model's shell against the real programs."""
