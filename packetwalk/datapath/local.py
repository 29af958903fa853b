"""Where packets end and begin: sockets, ICMP, and the answers they give.

Mirrors ``ip_local_deliver``, ``icmp_rcv``, ``icmp_send`` (an error quotes as much of the datagram
as fits into 576 bytes), and what ping, a UDP client and a TCP client do.
"""

from __future__ import annotations

from packetwalk import wire
from packetwalk.datapath import handshake, hooks, pmtu
from packetwalk.datapath import ip as ip_layer
from packetwalk.datapath.conntrack import Connection
from packetwalk.datapath.matches import RELATED
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run, Skb
from packetwalk.trace.step import Flow

QUOTED = 576 - 20 - 8
ERRORS = {
    (3, 0): "network unreachable",
    (3, 1): "host unreachable",
    (3, 2): "protocol unreachable",
    (3, 3): "port unreachable",
    (3, 4): "fragmentation needed and DF set",
    (3, 9): "network prohibited",
    (3, 10): "host prohibited",
    (3, 13): "administratively prohibited",
    (11, 0): "time to live exceeded",
}


def deliver(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """Hand a packet to whoever waits for it on this machine (``ip_local_deliver``)."""
    if skb.ip.fragment and not ip_layer.reassemble(run, ns, skb, dev):
        return
    if not hooks.hook(run, ns, skb, "INPUT", dev, None):
        return
    l4 = skb.stack[skb.at + 1]
    for driver in ns.receivers[skb.ip.protocol, getattr(l4, "dport", 0)]:
        if driver.receive(run, ns, skb, dev):
            return
    match l4:
        case wire.Icmp(type=8):
            _accept(run, ns, skb, dev, ("delivered-echo",))
            run.jobs.append(lambda: _echo(run, ns, skb))
        case wire.Icmp(type=0) if ns.name != run.client:
            run.drop(ns, skb, dev, None, ("delivered-unknown",))
        case wire.Icmp(type=0):
            size = skb.length - ip_layer.HEADER
            _accept(run, ns, skb, dev, ("delivered-reply", size, skb.ip.src, skb.ip.ttl))
        case wire.Icmp():
            text = ERRORS.get((l4.type, l4.code), f"ICMP type {l4.type} code {l4.code}")
            extra = f" (mtu {l4.mtu})" if l4.mtu else ""
            path = pmtu.told(run, ns, skb)
            _accept(run, ns, skb, dev, ("delivered-error", f"{text}{extra}, says {skb.ip.src}"), path)
        case wire.Udp():
            _datagram(run, ns, skb, dev)
        case wire.Tcp():
            _segment(run, ns, skb, dev)
        case _:
            run.drop(ns, skb, dev, None, ("delivered-unknown",))


def _accept(run: Run, ns: Netns, skb: Skb, dev: str, note: tuple, entry=None) -> None:
    run.emit(ns, skb, "deliver", dev, entry, note)
    run.end(skb, "delivered")


def _answer(
    run: Run,
    ns: Netns,
    skb: Skb,
    name: str,
    l4: tuple[wire.Header, ...],
    note: tuple,
    *,
    df: bool,
    ttl: int = 64,
) -> None:
    """Send ``l4`` back to where a packet came from.

    ``df`` asks for DF as a socket does by default (IP_PMTUDISC_WANT): only if the packet fits and the route's
    MTU is not locked (``ip_dont_fragment``).
    """
    source, ip = skb.flight.flow, skb.ip
    route = ns.fib.lookup(ip.src)
    length = wire.size(l4) + ip_layer.HEADER
    fits = route is not None and length <= pmtu.of_path(run, ns, route, ip.src)
    fits = fits and not (route is not None and pmtu.locked(run, ns, route, ip.src))
    flow = Flow(ip.dst, ip.src, source.proto, *_ports(l4[0]))
    flight = run.flight(name, flow, run.here(skb))
    header = wire.Ipv4(ip.dst, ip.src, ip.protocol, ttl, 0, df and fits)
    reply = Skb(flight, (header, *l4), 0)
    run.emit(ns, reply, "originate", None, None, note)
    ip_layer.originate(run, ns, reply)


def _ports(l4: wire.Header) -> tuple[int, int]:
    return (l4.sport, l4.dport) if isinstance(l4, (wire.Udp, wire.Tcp)) else (0, 0)


def _echo(run: Run, ns: Netns, skb: Skb) -> None:
    message, *rest = skb.stack[skb.at + 1 :]
    _answer(
        run, ns, skb, "reply", (wire.Icmp(0, 0, message.id, message.seq), *rest), ("echo-reply",), df=False
    )


def _datagram(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """Hand a datagram to its socket; the servers of the cluster answer with its like."""
    udp, rest = skb.stack[skb.at + 1], skb.stack[skb.at + 2 :]
    socket = ns.sockets.get(("udp", udp.dport))
    if socket:
        _accept(run, ns, skb, dev, ("delivered-data", udp.dport), socket)
        run.jobs.append(
            lambda: _answer(
                run, ns, skb, "reply", (wire.Udp(udp.dport, udp.sport), *rest), ("datagram-reply",), df=True
            )
        )
    elif _expected(run, ns, skb):
        _accept(run, ns, skb, dev, ("delivered-data", udp.dport))
    else:
        run.drop(ns, skb, dev, None, ("refused", "udp", udp.dport), "rejected")
        send_error(run, ns, skb, 3, 3)


def _expected(run: Run, ns: Netns, skb: Skb) -> bool:
    """Say whether the packet answers what this machine's client sent first in this walk."""
    if ns.name != run.client:
        return False
    first, l4 = run.flights[0].flow, skb.stack[skb.at + 1]
    return (skb.ip.src, l4.sport, l4.dport) == (first.dst, first.dport, first.sport)


def _segment(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """The handshake: SYN, SYN-ACK, ACK; RST for what no socket knows."""
    tcp, ip = skb.stack[skb.at + 1], skb.ip
    route = ns.fib.lookup(ip.src)
    mtu = pmtu.of_path(run, ns, route, ip.src) if route and route.dev else 1500
    socket = ns.sockets.get(("tcp", tcp.dport))
    if tcp.flags == "S" and socket:
        _accept(run, ns, skb, dev, ("delivered-syn", tcp.dport), socket)
        answer = wire.Tcp(
            tcp.dport,
            tcp.sport,
            2000,
            tcp.seq + 1,
            "SA",
            handshake.window(mtu, stamps=True),
            handshake.options(mtu),
        )
        run.jobs.append(lambda: _answer(run, ns, skb, "reply", (answer,), ("syn-ack", tcp.dport), df=True))
    elif tcp.flags == "S":
        _accept(run, ns, skb, dev, ("refused", "tcp", tcp.dport))
        answer = wire.Tcp(tcp.dport, tcp.sport, 0, tcp.seq + 1, "RA", 0)
        run.jobs.append(
            lambda: _answer(
                run, ns, skb, "reply", (answer,), ("rst", f"nobody listens on port {tcp.dport}"), df=True
            )
        )
    elif tcp.flags == "SA" and _expected(run, ns, skb):
        _accept(run, ns, skb, dev, ("delivered-syn-ack",))
        answer = wire.Tcp(
            tcp.dport,
            tcp.sport,
            tcp.ack,
            tcp.seq + 1,
            "A",
            handshake.scaled(handshake.window(mtu)),
            handshake.later_options(tcp.options),
        )
        ttl = run.ttl  # the client's socket has it for all it sends (IP_TTL)
        run.jobs.append(lambda: _answer(run, ns, skb, "ack", (answer,), ("ack",), df=True, ttl=ttl))
    elif tcp.flags == "SA":
        asked = run.flights[0].flow.dst
        _accept(run, ns, skb, dev, ("wrong-source", ip.src, asked))
        answer = wire.Tcp(tcp.dport, tcp.sport, tcp.ack, 0, "R", 0)
        run.jobs.append(
            lambda: _answer(
                run, ns, skb, "reset", (answer,), ("rst", f"it knows no connection to {ip.src}"), df=True
            )
        )
    else:
        _accept(run, ns, skb, dev, ("delivered-rst",) if "R" in tcp.flags else ("delivered-ack",))


def send_error(run: Run, ns: Netns, skb: Skb, kind: int, code: int, mtu: int = 0) -> None:
    """Tell the sender of a packet what became of it (``icmp_send``), after this packet's trace.

    The error belongs to the packet's connection, also if that was never confirmed, so that NAT changes it
    as it does an answer.
    """
    ip, l4 = skb.ip, skb.stack[skb.at + 1]
    about_error = isinstance(l4, wire.Icmp) and l4.type not in (0, 8)
    if about_error or ip.offset or ip.src in ("0.0.0.0",) or run.muted:
        return
    quoted = wire.encode(skb.stack[skb.at :])[:QUOTED]
    cause, relation = run.here(skb), related(skb)

    def send() -> None:
        route = ns.fib.lookup(ip.src)
        if route is None:
            return
        source = route.prefsrc or ns.address_of(route.dev or "", ip.src) or "0.0.0.0"
        asked = ns.fib.lookup(ip.dst)
        if ip.dst in ns.local or (asked is not None and asked.type == "local"):
            # the packet was for this machine: it answers by the address that was asked (RTCF_LOCAL)
            source = ip.dst
        elif route.type == "local":
            source = ip.src
        flight = run.flight("error", Flow(source, ip.src, "icmp"), cause)
        header = wire.Ipv4(source, ip.src, 1, 64, run.next_ident(), tos=0xC0)
        error = Skb(flight, (header, wire.Icmp(kind, code, mtu=mtu), wire.Data(quoted)), 0)
        error.conn, error.original, error.ctinfo = relation
        run.emit(ns, error, "originate", None, None, ("icmp-error", ERRORS[kind, code]))
        ip_layer.originate(run, ns, error)

    run.jobs.append(send)


def related(skb: Skb) -> tuple[Connection | None, bool, str | None]:
    """Return what an error or a reset about a packet has of its connection (``nf_conntrack_attach``).

    Connection, whether it goes in the original direction, and its state.
    """
    if skb.conn is None:
        return None, True, None
    return skb.conn, not skb.original, RELATED
