"""Whether a packet may come in by a device, by its addresses and the way back to its sender.

Mirrors the checks of ``ip_route_input_slow`` before the look-up of the destination, and
``fib_validate_source`` after it (net/ipv4/route.c, fib_frontend.c of Linux 6.18), with the settings that they
read: ``rp_filter`` (1 strict, 2 loose; RFC 3704), ``accept_local``, ``route_localnet``, ``src_valid_mark``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packetwalk.datapath.fib import EVERYBODY
from packetwalk.tables import Entry, RouteEntry
from packetwalk.wire.address import is_group

if TYPE_CHECKING:
    from packetwalk.datapath.netns import Netns

NOBODY, LOOPBACK = "0.0.0.0", "127."
STRICT = 1
Refusal = tuple[Entry | None, tuple]
"""The line that refuses, if one does, and the note of the step."""


def martian(ns: Netns, src: str, dst: str, dev: str) -> tuple | None:
    """Return the note of a packet with an address that cannot be on a wire; None when both can."""
    if is_group(src) or src == EVERYBODY:
        return "martian-source", src, dev
    if to_everybody(src, dst):
        return None
    if NOBODY in (src, dst):
        return ("martian-source", src, dev) if src == NOBODY else ("martian-destination", dst, dev)
    if dst.startswith(LOOPBACK):
        return None if ns.in_dev[dev, "route_localnet"] else ("martian-destination", dst, dev)
    if src.startswith(LOOPBACK) and not ns.in_dev[dev, "route_localnet"]:
        return "martian-source", src, dev
    return None


def stays(ns: Netns, src: str, route: RouteEntry) -> bool:
    """Say whether a packet of this machine may not leave by a route: it comes from 127.0.0.0/8 (``__mkroute_output``)."""
    goes = src.startswith(LOOPBACK) and route.type == "unicast" and route.dev != "lo"
    return goes and not ns.in_dev[route.dev, "route_localnet"]


def to_everybody(src: str, dst: str) -> bool:
    """Say whether a packet is for all machines on the segment, whatever the routes say."""
    return dst == EVERYBODY or src == dst == NOBODY


def refused(ns: Netns, src: str, dst: str, mark: int, dev: str, out: str | None = None) -> Refusal | None:
    """Return why the sender of a packet from ``dev`` is not believed (``fib_validate_source``); None when it is.

    ``out`` is the device by which the packet will leave, None for one to this machine; the firewall ``mark`` counts
    for the way back only with ``src_valid_mark``.
    """
    level = ns.in_dev[dev, "rp_filter"]
    if src == NOBODY or dev == "lo":
        return None
    if not level and not ns.fib.customised and (out != dev or not ns.redirects(dev)):
        own = src in ns.local and not ns.in_dev[dev, "accept_local"]
        return (None, ("martian", src, dev)) if own else None
    return _validate(ns, src, dst, mark, dev, level)


def _validate(ns: Netns, src: str, dst: str, mark: int, dev: str, level: int) -> Refusal | None:
    """Look for the way back (``__fib_validate_source``)."""
    key = f"rp_filter {level}"
    route = ns.fib.lookup(src, mark if ns.in_dev[dev, "src_valid_mark"] else 0, dst)
    if route is None or route.type not in ("unicast", "local", "broadcast"):
        return (route, ("rp-filter-nowhere", src, dev, key)) if level else None
    if route.type == "broadcast":
        return route, ("no-unicast-source", src, route.dst)
    if route.type == "local" and not ns.in_dev[dev, "accept_local"]:
        return route, ("martian", src, dev)
    if route.dev == dev or (route.type == "local" and dev == "lo"):
        return None
    if level == STRICT or (level and not any(each.dev == dev for each in ns.addrs)):
        return route, ("rp-filter", src, dev, key)
    return None
