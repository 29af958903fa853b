"""The policy playground in a browser."""
