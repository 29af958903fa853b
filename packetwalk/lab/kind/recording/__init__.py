"""A kind cluster, recorded: its tables, and what passes its devices."""
