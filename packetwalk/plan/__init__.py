"""What a plugin wants to exist, as data: operations, the canonical cluster, what is there without a plugin."""
