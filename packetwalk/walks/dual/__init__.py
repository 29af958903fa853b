"""Walks by IPv6: the ends of a packet's way in a cluster with both families."""
