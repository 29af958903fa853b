"""The kernel of the model."""
