"""A plan in the running kernel: namespaces, packets from real sockets, taps, and what stands in for what is missing."""
