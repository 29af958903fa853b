"""All network namespaces of a model, built when a packet first enters one.

A cluster of 5,000 nodes has 25 million table entries; a walk touches two or three machines, and
only their tables are made.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from packetwalk.datapath.memo import Memo
from packetwalk.datapath.netns import Netns
from packetwalk.plan.operation import Operation
from packetwalk.plan.segment import Segment


class NetnsPlan(NamedTuple):
    """What a network namespace is, and the operations that make its tables."""

    node: str
    kind: str
    label: str
    operations: list[Operation]


NOBODY = Segment({}, {})
"""A segment into which nobody else is plugged."""
Nic = tuple[str, str]
"""Namespace and device."""


class Fabric:
    """Network namespaces by name, Ethernet segments by name.

    ``warm`` holds, for each neighbour asked for before a warm walk, what the question and its answer
    taught (neighbours, bridge FDBs, what drivers learn); it follows from the tables alone, so keeping
    it changes no result.  ``carrier`` says whether a device is up and has a carrier, ``port_state`` in which state
    a port of a bridge is, by namespace and name.  ``changed`` are the namespaces in which something was done by hand: their NICs may
    have another MAC than the one they came with.  ``beside`` is a fabric of which all namespaces but some are the same: they are not built again.
    """

    def __init__(
        self,
        plan: Callable[[str], NetnsPlan],
        segments: Mapping[str, Segment],
        changed: Collection[str] = (),
        beside: tuple[Fabric, Collection[str]] | None = None,
    ) -> None:
        self._plan, self._segments, self.changed, self._beside = plan, segments, changed, beside
        self._built: dict[str, Netns] = {}
        self.carrier: Memo[Nic, bool] = Memo(self._carrier)
        self.port_state: Memo[Nic, str] = Memo(self._port_state)
        self.warm: dict[tuple[str, str, str, str], tuple[dict[tuple, Any], dict[tuple, bool]]] = {}

    def plan(self, name: str) -> NetnsPlan:
        """Return what a namespace is made of, without building it."""
        return self._plan(name)

    def netns(self, name: str) -> Netns:
        """Return the namespace called ``name``, building it if this is the first time."""
        try:
            return self._built[name]
        except KeyError:
            same, but = self._beside or (None, ())
            built = self._build(name) if same is None or name in but else same.netns(name)
            self._built[name] = built
            return built

    def _build(self, name: str) -> Netns:
        plan = self._plan(name)
        return Netns(name, plan.node, plan.kind, plan.label, plan.operations)

    @property
    def met(self) -> frozenset[str]:
        """The namespaces that were asked for so far: what packets became follows from no other's tables."""
        return frozenset(self._built)

    def _carrier(self, device: Nic) -> bool:
        """Say whether a device is up and has a carrier.

        A veth has none when its other end is down (``veth_close``), a bridge when none of its ports forwards
        (``br_port_state_selection``); the switch of a segment is always there.
        """
        ns = self.netns(device[0])
        link = ns.links[device[1]]
        if not link.up:
            return False
        if link.kind == "veth" and link.peer is not None:
            netns, name = link.peer
            far = self.netns(netns).links.get(name)
            return far is not None and far.up
        if link.kind == "bridge":
            return any(
                self.port_state[ns.name, port.ifname] == "forwarding" for port in ns.ports[link.ifname]
            )
        return True

    def _port_state(self, port: Nic) -> str:
        """Return the state of a bridge's port; one without a carrier is disabled (``br_port_carrier_check``)."""
        ns = self.netns(port[0])
        link = ns.links[port[1]]
        bridge = ns.links[link.master or ""]
        return link.state if bridge.up and self.carrier[port] else "disabled"

    def nic(self, segment: str, mac: str) -> Nic | None:
        """Return the NIC with ``mac`` on a segment."""
        nics = self._segments.get(segment, NOBODY).by_mac
        first = nics.get(mac)
        if first and first[0] not in self.changed:
            return first
        return next((nic for nic in nics.values() if nic[0] in self.changed and self._has(nic, mac)), None)

    def _has(self, nic: Nic, mac: str) -> bool:
        netns, dev = nic
        link = self.netns(netns).links.get(dev)
        return link is not None and link.address == mac and link.up

    def asked(self, segment: str, address: str) -> list[Nic]:
        """Return the NICs of machines that may answer ARP for ``address``: the one that was given it when the cluster
        was made, and those in which something was done by hand."""
        first = self._segments.get(segment, NOBODY).by_address.get(address)
        return [nic for nic in self.everybody(segment) if nic == first or nic[0] in self.changed]

    def everybody(self, segment: str) -> list[Nic]:
        """Return all NICs of a segment that are up; the switch sends to the newest first."""
        nics = list(self._segments.get(segment, NOBODY).by_mac.values())[::-1]
        return [nic for nic in nics if nic[0] not in self.changed or self.netns(nic[0]).links[nic[1]].up]
