"""``ip link set up`` and ``down``: what goes with a device that is taken down, and what comes back."""

from __future__ import annotations

from packetwalk.shell.state import State
from packetwalk.shell.terminal import Failure, Terminal, Unknown
from packetwalk.tables import LinkEntry
from packetwalk.tables.neighbour import NEIGHBOURS
from packetwalk.tables.route import ROUTES

KINDS = ("veth", "eth", "bridge", "vxlan")


def take_down(terminal: Terminal, link: LinkEntry) -> None:
    """Take a device down.

    Its routes go but those to its own addresses (``fib_sync_down_dev``), its neighbours go (``neigh_ifdown``) and, at
    the other end of a cable, those that do not stay (``neigh_carrier_down``).
    """
    if link.kind not in KINDS:
        raise Unknown("ip link set", f"{link.ifname} down", f"down of {', '.join(KINDS)}")
    if not link.up:
        return
    state, netns = terminal.state, terminal.name
    state.replace(netns, link, link._replace(up=False))
    disable(terminal, link.ifname, own=False)
    if link.peer is not None:
        _forget_neighbours(state, *link.peer, lasting=False)


def disable(terminal: Terminal, dev: str, *, own: bool) -> None:
    """Take away all routes of a device, those that do not lead out of the machine (scope host) only if
    ``own`` is True, and its neighbours (``fib_disable_ip``)."""
    for route in [each for each in terminal.ns.entries(ROUTES) if each.dev == dev]:
        if own or (route.type != "local" and route.scope != "host"):
            terminal.state.remove(terminal.name, route)
    _forget_neighbours(terminal.state, terminal.name, dev, lasting=True)


def bring_up(terminal: Terminal, link: LinkEntry) -> None:
    """Bring a device up; only the routes that belong to its addresses come back (``fib_add_ifaddr``).

    As a bridge's port it forwards again, and so does the other end of a cable.
    """
    if link.up:
        return
    terminal.state.replace(terminal.name, link, link._replace(up=True, state="forwarding"))
    far = terminal.state.netns(link.peer[0]).links[link.peer[1]] if link.peer else None
    if link.peer and far is not None and far.state != "forwarding":
        terminal.state.replace(link.peer[0], far, far._replace(state="forwarding"))


def needs_up(link: LinkEntry) -> None:
    """Refuse a route by a device that is down (``fib_check_nh``)."""
    if not link.up:
        raise Failure("Error: Device for nexthop is not up.", 2)


def _forget_neighbours(state: State, netns: str, dev: str, *, lasting: bool) -> None:
    for entry in state.netns(netns).entries(NEIGHBOURS):
        if entry.dev == dev and (lasting or entry.state != "PERMANENT"):
            state.remove(netns, entry)
