"""BGP as Calico's BIRD speaks it (1.6, its own fork): sessions and their timers, graceful restart, reflectors.

Seen in the recordings of Calico 3.33 (calico-3.33-bgp-mesh) and read in bird.cfg as confd writes it and in
BIRD's proto/bgp and nest/proto.c.
"""
