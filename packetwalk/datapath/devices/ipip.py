"""The IP-in-IP driver: another IP header in front, protocol 4, nothing else.

Mirrors ``ip_tunnel_xmit`` and ``ip_tunnel_rcv`` of net/ipv4/ip_tunnel.c and ipip.c for a device without
a remote address (NBMA): the route's next hop is the outer destination; time to live and DF are copied.
"""

from __future__ import annotations

from packetwalk import wire
from packetwalk.datapath import ecn, ip, link, local, pmtu
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run, Skb
from packetwalk.tables import LinkEntry

KIND, LAYER2, PROTOCOL = "ipip", False, 4
HEADER = 20


def send(run: Run, ns: Netns, skb: Skb, device: LinkEntry) -> None:
    """Wrap a packet and send it to the next hop of its route."""
    inner, name, hop = skb.ip, device.ifname, skb.hop
    route = ns.fib.lookup(hop, skb.mark)
    if route is None or route.type not in ("unicast", "local") or route.dev == name:
        run.drop(ns, skb, name, route, ("no-underlay", hop), "no_route")
        return
    room = pmtu.of_path(run, ns, route, hop) - HEADER
    if inner.df:
        pmtu.wrap(run, ns, skb, (ns, route, hop), HEADER, name)
    if inner.df and skb.length > room:
        run.drop(ns, skb, name, device, ("too-big", skb.length, room), "too_big")
        local.send_error(run, ns, skb, 3, 4, room)
        return
    source = device.local or ns.source_for(route)
    outer = wire.Ipv4(source, hop, PROTOCOL, inner.ttl, 0, inner.df, tos=ecn.outside(inner))
    skb.hold((outer, *skb.stack), 0)
    skb.forget()
    run.emit(ns, skb, "encap", name, device, ("encap-ipip", source, hop, inner.ttl, HEADER))
    ip.originate(run, ns, skb, key="outer-route")


def receive(run: Run, ns: Netns, skb: Skb, dev: str) -> bool:
    """Unwrap a packet; False when no device here is for its addresses."""
    device = next((each for each in ns.ipip if each.local in (None, skb.ip.dst)), None)
    if device is None or not isinstance(skb.stack[skb.at + 1], wire.Ipv4):
        return False
    tos = ecn.inside(skb.ip, skb.stack[skb.at + 1])
    if tos is None:
        run.drop(ns, skb, dev, device, ("congestion-unknown", device.ifname))
        return True
    skb.hold(skb.stack[skb.at + 1 :], 0)
    skb.set_ip(skb.ip._replace(tos=tos))
    run.emit(ns, skb, "decap", device.ifname, device, ("decap-ipip", device.ifname, HEADER))
    link.receive(run, ns, skb, device.ifname, ("unwrapped-packet", device.ifname))
    return True
