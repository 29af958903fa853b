"""The programs that start a walk: ping, a UDP client, a TCP client."""

from __future__ import annotations

from dataclasses import replace

from packetwalk import wire
from packetwalk.datapath import ip as ip_layer
from packetwalk.datapath import multicast, pmtu, tcp
from packetwalk.datapath.fabric import Fabric
from packetwalk.datapath.family import Family
from packetwalk.datapath.run import Paths, Run, Skb, spread
from packetwalk.tables.route import REFUSING
from packetwalk.trace.packet import PROTOCOLS, Packet, pattern
from packetwalk.trace.step import Flow
from packetwalk.wire.address import is_group

LOOPBACK = "127.0.0.1"


def send(
    fabric: Fabric,
    netns: str,
    dst: str,
    dport: int,
    packet: Packet,
    *,
    source: str | None = None,
    paths: Paths = (),
    after: Run | None = None,
) -> Run:
    """Send one packet from a namespace and follow it and all it causes to the end.

    Without ``source`` the kernel chooses the address; ``paths`` were learnt before, ``after`` is what the same socket
    sent before.  0.0.0.0 is the machine itself,
    and no program here asks to speak to everybody on a segment (``ip_route_output_key_hash_rcu``, ``SO_BROADCAST``).
    """
    if dst == "0.0.0.0":
        dst = LOOPBACK
    if dst.startswith("127."):
        source = LOOPBACK
    if is_group(dst):
        packet = replace(packet, ttl=multicast.TTL)
    ns = fabric.netns(netns)
    ns = ns.inet6 if ":" in dst else ns.inet
    family = ns.family
    run = Run(fabric, netns, packet, paths, after)
    route = ns.fib.lookup(dst, src=source or "")
    bound = source is not None
    if source is None:
        source = ns.source_for(route, dst)
        bound = packet.proto != "icmp" and route is not None and route.type not in REFUSING
        route = ns.fib.lookup(dst, src=source) if bound else route  # connect() asks again, with the address it has got
    mtu = pmtu.of_path(run, ns, route, dst) if route and route.dev else 1500
    locked = route is not None and pmtu.is_locked(run, ns, route, dst)
    stack, note, flow = _first(family, packet, source, dst, dport, mtu, locked=locked, tos=run.tos)
    stack = (family.labelled(stack[0], flow), *stack[1:])
    skb = Skb(run.flight("request", flow, None), stack, 0)
    run.emit(ns, skb, "originate", None, None, note)
    if is_group(dst) and packet.proto == "tcp":
        run.drop(ns, skb, None, route, ("no-route", dst), "no_route")
    elif route and ns.fib.is_broadcast(dst):
        run.drop(ns, skb, None, route, ("broadcast-refused", dst), "no_route")
    else:
        run.write(lambda: ip_layer.originate(run, ns, skb, whole=packet.df, bound=bound))
    run.work()
    while run.fragments:
        ip_layer.expire(run)
        run.work()
    return run


def _first(
    family: Family, packet: Packet, src: str, dst: str, dport: int, mtu: int, *, locked: bool, tos: int
) -> tuple[tuple, tuple, Flow]:
    """Return (header stack, note, flow) of the first packet.

    TCP asks for DF unless the MTU of the route is ``locked`` (``ip_dont_fragment``).
    """
    proto, size, sport = packet.proto, packet.size, packet.sport
    data = (wire.Data(pattern(0, size)),) if size else ()
    number = family.icmp if proto == "icmp" else PROTOCOLS[proto]
    df = packet.df or (proto == "tcp" and not locked)
    header = family.packet(src, dst, number, packet.ttl, df=df, tos=tos)
    if proto == "icmp":
        ident = spread(f"ping {src} {dst}", 1, 65535)
        return (header, family.echo(family.echo_request, ident, 1), *data), ("ping", size), Flow(src, dst, proto)
    flow = Flow(src, dst, proto, sport, dport)
    if proto == "udp":
        return (header, wire.Udp(sport, dport), *data), ("udp", size), flow
    return (header, tcp.syn(mtu - family.header, sport, dport)), ("syn",), flow
