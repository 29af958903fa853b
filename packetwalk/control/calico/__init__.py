"""Calico in virtual time: the programs of a node (``programs``), and who gets which address (``ipam``)."""
