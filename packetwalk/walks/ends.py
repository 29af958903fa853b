"""The ends of a packet's way, as people write them."""

from __future__ import annotations

from functools import cached_property
from ipaddress import AddressValueError, IPv4Address
from typing import NamedTuple

from packetwalk.cni import Plugin
from packetwalk.datapath.memo import Memo
from packetwalk.errors import BadInput
from packetwalk.plan.cluster import INTERNET, OUTSIDE, ROUTER, Cluster, Node, Pod, Service

NODES_SEARCHED, NODES_SHOWN, PODS_SHOWN = 9, 3, 6
NOBODY = "nobody"
UNUSED = 40
"""Which pod of a node, counted from 0, an address that nobody has would belong to."""


class End(NamedTuple):
    """Where a packet starts or goes: a namespace of the model (None: nobody's address).

    ``source`` is the address that its packets come from, None where the kernel chooses one.
    """

    netns: str | None
    address: str
    port: int | None
    source: str | None


class Ends:
    """Reads the ends of ways in a cluster with a plugin in a mode; what was read once is remembered."""

    def __init__(self, machines: Cluster, plugin: Plugin, mode: str) -> None:
        self._cluster, self._plugin, self._mode = machines, plugin, mode
        self._read: Memo[str, End] = Memo(self._end)

    def read(self, text: str) -> End:
        """Read ``POD``, ``NODE``, ``SERVICE``, ``internet`` or an address, each with ``:PORT``; else BadInput.

        ``nobody@NODE`` is an address of the node's range that no pod has.
        """
        return self._read[text]

    def _end(self, text: str) -> End:
        name, colon, port_text = self._parts(text)
        port = _port(text, port_text) if colon else None
        pod = self._cluster.find_pod(name)
        if pod is not None:
            return End(name, self._of_pod(pod), port, None)
        if name in self._cluster.node_by_name:
            return End(name, self._of_node(self._cluster.node_by_name[name]), port, None)
        if name in (INTERNET, ROUTER):
            return End(name, self._outside if name == INTERNET else self._gateway, port, None)
        for service in self._services:
            if service.name == name:
                return End(None, service.address, port or service.port, None)
        who, at, place = name.partition("@")
        if who == NOBODY and at and place in self._cluster.node_by_name:
            absent = self._cluster.pod(self._cluster.node_by_name[place], UNUSED)
            return End(None, self._of_pod(absent), port, None)
        try:
            address = self._address(name)
        except AddressValueError:
            known = [p.name for p in self._cluster.pods[:PODS_SHOWN]] + [
                n.name for n in self._cluster.nodes[:NODES_SHOWN]
            ]
            raise BadInput(
                "end of the packet's way",
                text,
                [
                    *known,
                    "internet",
                    *(s.name for s in self._services),
                    self.ADDRESS,
                ],
            ) from None
        return End(self._owner(address), address, port, address)

    ADDRESS = "an IPv4 address"

    @property
    def _services(self) -> tuple[Service, ...]:
        return self._cluster.services

    @property
    def _outside(self) -> str:
        return OUTSIDE

    @property
    def _gateway(self) -> str:
        return self._cluster.nodes[0].gateway

    def _parts(self, text: str) -> tuple[str, str, str]:
        """Return a name or an address, a colon and a port, both empty where there is none.

        An address of IPv6 stands in brackets where a port follows it.
        """
        if text.startswith("["):
            name, _, rest = text[1:].partition("]")
            return name, rest[:1], rest[1:]
        return (text, "", "") if text.count(":") > 1 else text.partition(":")

    def _address(self, text: str) -> str:
        return str(IPv4Address(text))

    def _of_node(self, node: Node) -> str:
        return node.address

    def _of_pod(self, pod: Pod) -> str:
        return self._plugin.pod_address(self._cluster, self._mode, pod)

    @cached_property
    def _addresses(self) -> dict[str, str]:
        out = {self._of_node(node): node.name for node in self._cluster.nodes}
        return {self._outside: INTERNET, **self._gateways, **out}

    @property
    def _gateways(self) -> dict[str, str]:
        return {node.gateway: ROUTER for node in self._cluster.nodes}

    def _owner(self, address: str) -> str | None:
        """Return the namespace that has ``address``, looking only where it could be."""
        if address in self._addresses:
            return self._addresses[address]
        for node in self._cluster.nodes[:NODES_SEARCHED]:
            for pod in self._cluster.pods_of(node):
                if self._of_pod(pod) == address:
                    return pod.name
        return None


def _port(text: str, port: str) -> int:
    if not (port.isascii() and port.isdigit()) or not 1 <= int(port) <= 65535:
        raise BadInput(f"port in {text}", port, ["1 to 65535"])
    return int(port)
