"""What a mode is like, read off its plan: by what packets reach another node, and who said so.

Faults ask for these, not for a mode's name; so a new mode has the faults that fit it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

from packetwalk.plan.cluster import Cluster, Node
from packetwalk.plan.edit import entries, receiver, sender
from packetwalk.plan.operation import Operation
from packetwalk.tables import ConnectionEntry, Entry, LinkEntry, ProxyEntry, RouteEntry, WireguardPeer

TUNNELS = ("vxlan", "ipip")  # kinds of devices that a route leads into
UNDER = {"fastdp": "vxlan"}
"""Kinds of devices by which a mesh's connections send."""


class Properties(NamedTuple):
    """A mode in the canonical cluster, whose nodes are in one subnet.

    ``tunnel`` is what wraps packets for another node: a kind of device, or of the mesh's connections; empty
    when nothing does.  ``port`` is the UDP port to which it sends, None where it has none; ``hairpin`` says that a
    bridge gives pods their own frames back, ``mesh`` that the nodes' programs test the way to each other themselves.
    ``devices`` are the
    kinds of devices of a node, used or not, by their names.
    """

    tunnel: str
    encrypted: bool
    devices: Mapping[str, str]
    peer_routes: bool
    bgp: bool
    port: int | None
    hairpin: bool
    mesh: bool


@cache
def properties(plan: Callable[[Cluster, str, Node], list[Operation]], mode: str) -> Properties:
    """Return the properties of a plugin's mode; ``plan`` is the plugin's."""
    cluster = Cluster()
    made = plan(cluster, mode, *sender(cluster))
    links = [op.entry for op in made if isinstance(op.entry, LinkEntry)]
    about = entries(about=receiver)(cluster)
    towards = [op.entry for op in made if about(op)]
    routes = [each for each in towards if isinstance(each, RouteEntry)]
    connections = [each for each in towards if isinstance(each, ConnectionEntry)]
    wireguard = any(isinstance(each, WireguardPeer) for each in towards)
    kinds = {link.ifname: link.kind for link in links}
    wraps = [
        *(["wireguard"] if wireguard else []),  # before a route of the main table: its rule comes first
        *(["tun"] if any(isinstance(each, ProxyEntry) for each in towards) else []),
        *(each.overlay for each in connections),
        *(kinds[each.dev] for each in routes if kinds.get(each.dev) in TUNNELS),
    ]
    return Properties(
        wraps[0] if wraps else "",
        wireguard or any(each.encrypted for each in connections),
        kinds,
        bool(routes),
        any(each.protocol == "bird" for each in routes),
        _port(wraps[0] if wraps else "", links, towards),
        any(link.hairpin for link in links),
        bool(connections),
    )


def _port(tunnel: str, links: list[LinkEntry], towards: list[Entry]) -> int | None:
    """Return the UDP port of a tunnel: of its device, of the mesh's under it, or of the program that it is."""
    kind = UNDER.get(tunnel, tunnel)
    ports = [link.port for link in links if link.kind == kind and link.port]
    ports += [each.port for each in towards if isinstance(each, ProxyEntry)]
    return ports[0] if ports else None


def wrapped_in(*tunnels: str, port: int | None = None, device: str = "") -> Callable[[Properties], bool]:
    """Return the need of a mode in which neighbours reach each other by one of these tunnels.

    ``port`` is the UDP port that it must have, ``device`` the name of its device, where the fault is about them.
    """
    return lambda mode: (
        mode.tunnel in tunnels
        and (port is None or mode.port == port)
        and (not device or mode.devices.get(device) == mode.tunnel)
    )
