"""The model against recordings of the real programs; see ``known_differences.yaml``."""
