"""The ends of a packet's way by IPv6: the same names, and addresses of the other family."""

from __future__ import annotations

from ipaddress import IPv6Address

from packetwalk.cni import Plugin
from packetwalk.plan import ipv6
from packetwalk.plan.cluster import ROUTER, Cluster, Node, Pod, Service
from packetwalk.plan.ipv6.services import services
from packetwalk.walks.ends import Ends


class Ends6(Ends):
    """Reads ends in a cluster with both families."""

    ADDRESS = "an IPv6 address"

    def __init__(self, machines: Cluster, plugin: Plugin, mode: str) -> None:
        super().__init__(machines, plugin, mode)
        self._pods = plugin.with_ipv6(mode).pod_address

    @property
    def _services(self) -> tuple[Service, ...]:
        return services(self._cluster)

    @property
    def _outside(self) -> str:
        return ipv6.OUTSIDE

    @property
    def _gateway(self) -> str:
        return ipv6.gateway(self._cluster.nodes[0].segment)

    @property
    def _gateways(self) -> dict[str, str]:
        return {ipv6.gateway(node.segment): ROUTER for node in self._cluster.nodes}

    def _address(self, text: str) -> str:
        return str(IPv6Address(text))

    def _of_node(self, node: Node) -> str:
        return ipv6.node_address(node)

    def _of_pod(self, pod: Pod) -> str:
        return self._pods(self._cluster, pod)
