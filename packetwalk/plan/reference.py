"""What the reference CNI plugins choose, whoever calls them: a cable's name, a pod's address.

Sources: github.com/containernetworking/plugins v1.9.1, pkg/ip/link_linux.go ``RandomVethName``,
plugins/ipam/host-local.
"""

from __future__ import annotations

import hashlib

from packetwalk.plan.cluster import Cluster, Pod

HOST_LOCAL = ("host-local", "plugins/ipam/host-local")


def veth(pod: Pod) -> str:
    """Return the name of a pod's host end: ``veth`` and 8 hex digits (random on a real node)."""
    return "veth" + hashlib.sha1(pod.name.encode(), usedforsecurity=False).hexdigest()[:8]


def host_local(cluster: Cluster, pod: Pod) -> str:
    """Return the address host-local gives: .1 of the node's range is the gateway, pods follow from .2."""
    return str(cluster.pod_cidr(cluster.nodes[pod.node_index])[2 + pod.ordinal])
