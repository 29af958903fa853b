"""Recordings of real kernels, read as values of this package; nothing here knows the model."""
