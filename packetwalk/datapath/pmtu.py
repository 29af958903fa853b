"""The MTU that counts for a packet: its route's, its device's, or what was learnt of the path.

Mirrors ``ipv4_mtu``, ``ip_dst_mtu_maybe_forward`` and ``__ip_rt_update_pmtu`` of net/ipv4/route.c: a path is learnt
from ICMP errors, and by tunnels from what they cannot wrap in one piece.  It counts for what a machine sends
itself; what it forwards is measured by route and device (``ip_forward_use_pmtu`` is 0).
"""

from __future__ import annotations

from packetwalk import wire
from packetwalk.datapath import quotation
from packetwalk.datapath.family import INET
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run, Skb
from packetwalk.tables import LinkEntry, PathEntry, RouteEntry
from packetwalk.tables.route import fib_info

Way = tuple[Netns, RouteEntry | None, str]
"""A tunnel's way: the namespace as the family of its packets sees it, the route to its other end, and that end."""


def of_route(ns: Netns, route: RouteEntry) -> int:
    """Return the MTU of a route, in bytes: its own, else its device's; to an own address lo's."""
    return min(route.mtu or ns.mtus["lo" if route.type == "local" else route.dev], ns.family.most_mtu)


def narrowest(ns: Netns, route: RouteEntry) -> RouteEntry | LinkEntry:
    """Return the line whose MTU counts for a route: its own where it has a smaller one than its device."""
    own = route.mtu is not None and route.mtu < ns.mtus[route.dev]
    return route if own else ns.links[route.dev]


def learnt(run: Run, ns: Netns, route: RouteEntry, dst: str) -> PathEntry | None:
    """Return what was learnt of the path to a destination by a route, if anything was."""
    return run.learnt.get((ns.name, ns.family.paths.name, fib_info(route), dst)) if run.knows_paths else None


def hop(run: Run, ns: Netns, route: RouteEntry, dst: str) -> str:
    """Return the next hop on the way to a destination: what a redirect has told, the route's gateway, or itself."""
    known = learnt(run, ns, route, dst)
    return (known and known.gateway) or (not route.own_gateway and route.gateway) or dst


def of_path(run: Run, ns: Netns, route: RouteEntry, dst: str) -> int:
    """Return the MTU, in bytes, for what this machine sends to a destination itself (``ipv4_mtu``)."""
    known = learnt(run, ns, route, dst)
    return known.mtu if known and known.mtu else of_route(ns, route)


def of_forwarded(run: Run, ns: Netns, route: RouteEntry, dst: str) -> int:
    """Return the MTU, in bytes, for what it passes on (``ip_dst_mtu_maybe_forward``)."""
    known = learnt(run, ns, route, dst)
    return known.mtu if known and known.locked else of_route(ns, route)


def is_locked(run: Run, ns: Netns, route: RouteEntry, dst: str) -> bool:
    """Say whether path MTU discovery is off on the way to a destination (``ip_mtu_locked``)."""
    known = learnt(run, ns, route, dst)
    return route.lock or (known is not None and known.locked)


def update(run: Run, ns: Netns, route: RouteEntry, dst: str, mtu: int) -> PathEntry | None:
    """Note the MTU of the path to a destination (``__ip_rt_update_pmtu``); None when it teaches nothing."""
    before = of_path(run, ns, route, dst)
    if is_locked(run, ns, route, dst) or before < mtu or route.type != "unicast":
        return None
    known, least = learnt(run, ns, route, dst), ns.family.least_mtu
    locked = mtu < least and ns.family is INET  # IPv6 has no narrower path
    entry = ns.family.path(
        dst, fib_info(route), max(mtu, min(before, least)), locked, known.gateway if known else None
    )
    if entry == known:
        return None
    run.learn_path(ns.name, entry)
    return entry


def told(run: Run, ns: Netns, skb: Skb) -> PathEntry | None:
    """Take in an ICMP error that has arrived (``icmp_unreach``, ``ipv4_update_pmtu``).

    Return what is known of the path of the packet that it quotes; None when it is another error.
    """
    l4 = skb.stack[skb.at + 1]
    if not isinstance(l4, wire.IcmpHeader) or not l4.too_big:
        return None
    dst = quotation.embedded(skb.stack[skb.at + 2].content).dst
    route = ns.fib.lookup(dst)
    if route is None or route.type != "unicast":
        return None
    update(run, ns, route, dst, l4.mtu)
    return learnt(run, ns, route, dst)


def wrap(run: Run, ns: Netns, skb: Skb, way: Way, overhead: int, dev: str) -> None:
    """Let a tunnel's driver look whether a packet fits when it is wrapped (``skb_tunnel_check_pmtu``).

    What does not fit goes on all the same, and is cut outside.
    """
    outer, route, end = way
    if route is None or skb.route is None or route.type != "unicast":
        return
    room = of_path(run, outer, route, end) - overhead
    entry = update(run, ns, *skb.route, room) if skb.length > room else None
    if entry:
        run.emit(ns, skb, "route", dev, entry, ("path-learnt", entry.dst, entry.mtu))
