"""Who gives pods their addresses, where no CIDR of the node decides it."""
