"""The tables of a namespace, each found by its file."""
