"""Services of dual stack: their second addresses, and what kube-proxy writes of them into ip6tables.

The rules are those of IPv4 (``packetwalk.plan.kube_proxy``) with other addresses, as flannel-dual-0.28.9 recorded them;
the API server's own Service has one family, IPv4, as every Service that does not ask for more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from packetwalk.plan import kube_proxy
from packetwalk.plan.cluster import Cluster, Node, Service
from packetwalk.plan.ipv6 import POD_NETWORK, node_address
from packetwalk.plan.operation import Operation
from packetwalk.tables import Entry, IptablesRule, UserChain
from packetwalk.tables.ipv6 import Ip6Chain, Ip6tablesRule

API = "kubernetes"


def services(cluster: Cluster) -> tuple[Service, ...]:
    """Return the Services that have a second address: fd00:10:96::80 beside 10.96.0.80."""
    return tuple(
        each._replace(address=f"fd00:10:96::{each.address.rpartition('.')[2]}")
        for each in cluster.services
        if each.name != API
    )


def plan(cluster: Cluster, node: Node, address_of: Callable[[str], str]) -> Iterator[Operation]:
    """Return kube-proxy's rules for IPv6 on a node; ``address_of`` gives a pod's second address."""
    known, here = services(cluster), node._replace(address=node_address(node))
    for operation in kube_proxy.plan(cluster, here, str(POD_NETWORK), address_of, services=known):
        yield operation._replace(entry=_second(operation.entry))


def _second(entry: Entry) -> Entry:
    if isinstance(entry, IptablesRule):
        return Ip6tablesRule(*entry)
    return Ip6Chain(*entry) if isinstance(entry, UserChain) else entry
