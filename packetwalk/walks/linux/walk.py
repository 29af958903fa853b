"""A packet's walk through a small network."""

from __future__ import annotations

from typing import Unpack

from packetwalk.datapath import client
from packetwalk.datapath.fabric import Fabric, NetnsPlan
from packetwalk.plan.operation import Operation
from packetwalk.trace.packet import Packet, PacketOptions
from packetwalk.walks.linux.catalogue import linux_network
from packetwalk.walks.linux.networks import Entries
from packetwalk.walks.walk import Walk

HOLDS_FOR = "Linux 6.18"
ECHO_PORT = 7  # of UDP and TCP (RFC 862)


def walk_linux(
    name: str, trip: str | None = None, *, variant: str | None = None, **given: Unpack[PacketOptions]
) -> Walk:
    """Send one packet through a small network and return all that happened.

    ``trip`` is the first unless another is named; the packet's fields are those of ``packetwalk.walk``.
    BadInput for a name that does not exist, or a packet that cannot be.
    """
    found = linux_network(name)
    way, packet = found.trip(trip), Packet.of(given, {"cold": found.cold})
    run = client.send(_fabric(found.changed(variant)), way.src, way.dst, ECHO_PORT, packet)
    return Walk(
        plugin="linux",
        mode=name,
        scenario=way.name,
        title=f"{found.title}: {way.title}",
        holds_for=HOLDS_FOR,
        packet=packet,
        fault=variant,
        traces=run.traces,
        run=run,
    )


def _fabric(entries: Entries) -> Fabric:
    def plan(name: str) -> NetnsPlan:
        kind = "node" if name in ("host", "fw", "left", "right") else "pod"
        return NetnsPlan(name, kind, name, [Operation(name, entry, "you") for entry in entries[name]])

    return Fabric(plan, {})
