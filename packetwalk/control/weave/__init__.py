"""Weave Net's routers among themselves: connections, gossip of who is connected to whom, and the address ring.

Seen in the recording of Weave Net 2.9.0 (weave-2.9.0-sleeve: status, logs) and, for what gossip says, read in
github.com/weaveworks/mesh (connection_maker.go, connection.go, local_peer.go, peers.go) and
github.com/weaveworks/weave (ipam/allocator.go, ipam/ring, ipam/space, ipam/paxos).
"""
