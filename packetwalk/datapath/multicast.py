"""Packets for a group of machines (224.0.0.0/4): out of one device to all who are behind it, up where the group was joined.

Mirrors ``ip_mc_output``, ``ip_eth_mc_map`` (RFC 1112) and ``ip_route_input_mc``.  Each machine has joined 224.0.0.1
on every device, and nobody here any other group; bridges pass all groups on, for nobody asks who has joined.
"""

from __future__ import annotations

from packetwalk import wire
from packetwalk.datapath import hooks, link, local
from packetwalk.datapath.arp import ALL_HOSTS
from packetwalk.datapath.family import INET
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run, Skb
from packetwalk.wire.address import ipv4_to_int, mac_from_int

GROUPS = 0x01005E000000
TTL = 1  # of what programs send to groups (IP_MULTICAST_TTL)


def send(run: Run, ns: Netns, skb: Skb) -> None:
    """Send a packet to a group: the route says by which device, its gateway does not count."""
    dst = skb.ip.dst
    route = ns.fib.lookup(dst, skb.mark)
    if route is None or route.type != "unicast":
        run.drop(ns, skb, None, route, ("no-route", dst), "no_route")
        return
    dev = route.dev
    run.emit(ns, skb, "route", None, route, ("to-group", dst, dev))
    if not hooks.hook(run, ns, skb, "OUTPUT", None, dev) or not hooks.hook(
        run, ns, skb, "POSTROUTING", None, dev
    ):
        return
    if dst == ALL_HOSTS:
        copy = Skb(run.flight("copy", skb.flight.flow, run.here(skb)), skb.stack, skb.at)
        copy.conn, copy.ctinfo, copy.original = skb.conn, skb.ctinfo, skb.original  # skb_clone
        run.emit(ns, copy, "route", dev, route, ("loop-group",))
        local.deliver(run, ns, copy, dev)
    if ns.devices[dev].layer2:
        skb.wear(wire.Ethernet(mac(dst), ns.links[dev].address))
        run.emit(ns, skb, "neigh", dev, None, ("group-mac", dst, mac(dst)))
    else:
        skb.hop = dst
    link.transmit(run, ns, skb, dev)


def mac(group: str) -> str:
    """Return the MAC of a group: its last 23 bits behind 01:00:5e."""
    return mac_from_int(GROUPS | ipv4_to_int(group) & 0x7FFFFF)


def receive(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """Hand a packet for a group up if it was joined on the device; nobody passes one on."""
    if ns.family.neighbours.joined(ns, dev, skb.ip.dst):
        key = "to-joined" if ns.family is not INET else "to-everybody"
        run.emit(ns, skb, "route", dev, None, (key, skb.ip.dst, dev))
        local.deliver(run, ns, skb, dev)
    else:
        run.drop(ns, skb, dev, None, ("no-group", skb.ip.dst, dev))
