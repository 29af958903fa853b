"""How long weaver and the kernel wait; what is drawn at random on a real node has its mean here."""

from __future__ import annotations

from packetwalk.control.timeline import MILLISECOND, SECOND

STARTS = 440 * MILLISECOND  # from the program's start to its first connection (recorded: 0.43 to 0.46 s)
EXPOSE = 230 * MILLISECOND  # from there to the bridge's request for an address (recorded: 0.21 to 0.25 s)
CNI = 300 * MILLISECOND  # from CNI ADD to the pod's address in the API (recorded: 0.28 to 0.37 s)
NPC = 10 * MILLISECOND  # from there to weave-npc's sets
RECLAIM = (
    1200 * MILLISECOND
)  # from the end of a Node object to kube-utils' rmpeer on one node (recorded: 1.2 and 2.6 s)
RECLAIM_LATER = 2600 * MILLISECOND  # ... and to its look on the others, which find nothing to remove

TCP_HEARTBEAT = 30 * SECOND  # mesh router.go tcpHeartbeat
READ = 60 * SECOND  # connection.go extendReadDeadline: twice that after the last data of the other side
UDP_HEARTBEAT = 10 * SECOND  # sleeve and fastdp, once acknowledged
SILENCE = 60 * SECOND  # six of them
ESTABLISH = 100 * MILLISECOND  # from a connection's place in the mesh to its first acknowledged heartbeat
FAST = 500 * MILLISECOND  # heartbeats until one is acknowledged

GOSSIP = 30 * SECOND  # all that is known, to neighbours (gossipInterval)
UPDATE = 1 * SECOND  # from the first change to the news of it (deferTopologyUpdateDuration)
COLLECT = 1 * SECOND  # from such news to the removal of a peer that nobody reaches (recorded: 2.0 s in all)
ROUTES = 100 * MILLISECOND  # until a broadcast finds its routes calculated anew

RETRY = 2 * SECOND  # connection_maker.go initialInterval: drawn from half to one and a half
RETRY_LONGEST = 360 * SECOND
RESET = 60 * SECOND  # a connection that was tried longer ago is tried again at once
POLITE = (
    1 * MILLISECOND
)  # of two peers that would dial at once the one that came earlier does so later (chance there)
NO_ROUTE = 3 * SECOND  # three questions of ARP
SYN = (
    1,
    2,
    3,
    4,
    5,
    7,
    11,
    19,
    35,
    67,
)  # seconds: the kernel says SYN again (ip-sysctl, tcp_syn_linear_timeouts)
SYN_ENDS = 131 * SECOND

GIVE = (
    50 * MILLISECOND
)  # from a request for space to the donor's answer, its ipset rewritten meanwhile (recorded)
TICK = 5 * SECOND  # ipam/allocator.go tickInterval: what waits is tried again
