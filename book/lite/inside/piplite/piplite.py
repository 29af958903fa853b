"""What the kernel sets of its installer before it starts; nobody reads it."""
