"""The programs that start a walk: ping, a UDP client, a TCP client."""

from __future__ import annotations

from packetwalk import wire
from packetwalk.datapath import handshake
from packetwalk.datapath import ip as ip_layer
from packetwalk.datapath.fabric import Fabric
from packetwalk.datapath.run import Run, Skb, spread
from packetwalk.errors import BadInput
from packetwalk.trace.step import Flow

PATTERN = bytes(range(256)) * 256  # what ping writes, and the other clients here
PROTOCOLS = {"icmp": 1, "udp": 17, "tcp": 6}
SIZES = (1, 65507)


def send(
    fabric: Fabric,
    netns: str,
    dst: str,
    dport: int,
    *,
    source: str | None = None,
    proto: str = "icmp",
    size: int | None = None,
    df: bool = False,
    ttl: int = 64,
    cold: bool = False,
    sport: int = 40000,
) -> Run:
    """Send one packet from a namespace and follow it and all it causes to the end.

    ``size`` is the payload in bytes (default 56, for TCP none), ``ttl`` the IP time to live;
    without ``source`` the kernel chooses the address.  BadInput for values no packet can have.
    """
    size = _checked(proto, size, ttl)
    run, ns = Run(fabric, netns, cold=cold), fabric.netns(netns)
    route = ns.fib.lookup(dst)
    dev = route.dev if route and route.dev else ""
    if source is None:
        source = (route.prefsrc if route else None) or ns.address_of(dev, dst) or "0.0.0.0"
    stack, note, flow = _packet(proto, source, dst, sport, dport, size, df, ttl, ns.mtus.get(dev, 1500))
    skb = Skb(run.flight("request", flow, None), stack, 0)
    run.emit(ns, skb, "originate", None, None, note)
    ip_layer.originate(run, ns, skb)
    run.work()
    return run


def _checked(proto: str, size: int | None, ttl: int) -> int:
    """Return the payload size, or raise BadInput for what cannot be sent."""
    if proto not in PROTOCOLS:
        raise BadInput("protocol", proto, PROTOCOLS)
    if not isinstance(ttl, int) or not 1 <= ttl <= 255:
        raise BadInput("ttl", ttl, ["1 to 255"])
    if size is None:
        return 0 if proto == "tcp" else 56
    high = SIZES[1] - 32 if proto == "tcp" else SIZES[1]
    if not isinstance(size, int) or not SIZES[0] <= size <= high:
        raise BadInput("size in bytes", size, [f"{SIZES[0]} to {high}"])
    return size


def _packet(
    proto: str, src: str, dst: str, sport: int, dport: int, size: int, df: bool, ttl: int, mtu: int
) -> tuple[tuple, tuple, Flow]:
    """Return (header stack, note, flow) of the first packet."""
    data = (wire.Data(PATTERN[:size]),) if size else ()
    header = wire.Ipv4(src, dst, PROTOCOLS[proto], ttl, 0, df or proto == "tcp")
    if proto == "icmp":
        ident = spread(f"ping {src} {dst}", 1, 65535)
        return (header, wire.Icmp(8, 0, ident, 1), *data), ("ping", size), Flow(src, dst, proto)
    flow = Flow(src, dst, proto, sport, dport)
    if proto == "udp":
        return (header, wire.Udp(sport, dport), *data), ("udp", size), flow
    syn = wire.Tcp(sport, dport, 1000, 0, "S", handshake.window(mtu), handshake.options(mtu))
    return (header, syn, *data), ("syn",), flow
