"""Where packets end and begin: sockets, ICMP, and the answers they give.

Mirrors ``ip_local_deliver``, ``icmp_rcv``, ``icmp_send`` (an error quotes as much of the datagram
as fits into 576 bytes), and what ping, a UDP client and a TCP client do.
"""

from __future__ import annotations

from collections.abc import Callable

from packetwalk import wire
from packetwalk.datapath import ecn, hooks, pmtu, redirect, socket, tcp
from packetwalk.datapath import ip as ip_layer
from packetwalk.datapath.conntrack import Connection
from packetwalk.datapath.matches import RELATED
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run, Skb
from packetwalk.tables import SysctlEntry
from packetwalk.trace.step import Flow

ECHO_IGNORE_ALL, ECHO_IGNORE_BROADCASTS = (
    f"net.ipv4.icmp_echo_ignore_{what}" for what in ("all", "broadcasts")
)
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
    (5, 1): "there is a better next hop for this host on the same link",
    (11, 0): "time to live exceeded",
    (11, 1): "fragment reassembly time exceeded",
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
        case wire.Icmp(type=8) if setting := _silent(ns, skb):
            run.drop(ns, skb, dev, setting, ("echo-ignored", setting.key))
        case wire.Icmp(type=8):
            socket.accept(run, ns, skb, dev, ("delivered-echo",))
            run.jobs.append(lambda: _echo(run, ns, skb))
        case wire.Icmp(type=0) if ns.name != run.client:
            run.drop(ns, skb, dev, None, ("delivered-unknown",))
        case wire.Icmp(type=0):
            size = skb.length - ip_layer.HEADER
            socket.accept(run, ns, skb, dev, ("delivered-reply", size, skb.ip.src, skb.ip.ttl))
        case wire.Icmp():
            text = ERRORS.get((l4.type, l4.code), f"ICMP type {l4.type} code {l4.code}")
            extra = f" (mtu {l4.mtu})" if l4.mtu else ""
            path = pmtu.told(run, ns, skb) or redirect.told(run, ns, skb, dev)
            socket.accept(run, ns, skb, dev, ("delivered-error", f"{text}{extra}, says {skb.ip.src}"), path)
            if path and l4.too_big:
                tcp.path_narrowed(run, ns, skb)
        case wire.Tcp() if ns.fib.is_for_many(skb.ip.dst):
            run.drop(ns, skb, dev, None, ("delivered-unknown",))
        case wire.Udp():
            _datagram(run, ns, skb, dev)
        case wire.Tcp():
            tcp.receive(run, ns, skb, dev)
        case _:
            run.drop(ns, skb, dev, None, ("delivered-unknown",))


def _silent(ns: Netns, skb: Skb) -> SysctlEntry | None:
    """Return the setting that keeps this machine from answering an echo request (``icmp_echo``, ``icmp_rcv``)."""
    keys = [ECHO_IGNORE_ALL]
    if ns.fib.is_for_many(skb.ip.dst):
        keys.insert(0, ECHO_IGNORE_BROADCASTS)
    return next((SysctlEntry(key, "1") for key in keys if ns.sysctl(key) != "0"), None)


def _echo(run: Run, ns: Netns, skb: Skb) -> None:
    message, *rest = skb.stack[skb.at + 1 :]
    socket.answer(
        run,
        ns,
        skb,
        "reply",
        (wire.Icmp(0, 0, message.id, message.seq), *rest),
        ("echo-reply",),
        df=False,
        written=socket.SocketHeader(tos=skb.ip.tos),
    )


def _datagram(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """Hand a datagram to its socket; the servers of the cluster answer with its like."""
    udp, rest = skb.stack[skb.at + 1], skb.stack[skb.at + 2 :]
    server = ns.sockets.get(("udp", udp.dport))
    if server and not server.process.startswith("kernel"):  # a tunnel's socket is closed with its device
        socket.accept(run, ns, skb, dev, ("delivered-data", udp.dport), server)
        answer, note = (wire.Udp(udp.dport, udp.sport), *rest), ("datagram-reply",)

        def send() -> None:
            socket.answer(run, ns, skb, "reply", answer, note, df=True, bound=False)

        run.jobs.append(lambda: run.write(send))
    elif socket.expected(run, ns, skb):
        socket.accept(run, ns, skb, dev, ("delivered-data", udp.dport))
    else:
        run.drop(ns, skb, dev, None, ("refused", "udp", udp.dport), "rejected")
        send_error(run, ns, skb, 3, 3)


def send_error(run: Run, ns: Netns, skb: Skb, kind: int, code: int, mtu: int = 0) -> None:
    """Tell the sender of a packet what became of it (``icmp_send``), after this packet's trace.

    The error belongs to the packet's connection, also if that was never confirmed, so that NAT changes it
    as it does an answer.
    """
    send = told(run, ns, skb, wire.Icmp(kind, code, mtu=mtu), "error")
    if send:
        run.jobs.append(send)


def told(run: Run, ns: Netns, skb: Skb, message: wire.Icmp, name: str) -> Callable[[], None] | None:
    """Return what sends a message about a packet, as it is now, to its sender (``icmp_send``); None if there is none."""
    ip, l4 = skb.ip, skb.stack[skb.at + 1]
    about_error = isinstance(l4, wire.Icmp) and l4.type not in (0, 8)
    if about_error or ns.fib.is_for_many(ip.dst) or ip.offset or ip.src in ("0.0.0.0",) or run.muted:
        return None
    quoted = wire.encode(skb.stack[skb.at :])[:QUOTED]
    cause, relation = run.here(skb), related(skb)

    def send() -> None:
        route = ns.fib.lookup(ip.src)
        here = ns.fib.is_local(ip.dst)  # then it answers by the address that was asked (RTCF_LOCAL)
        route = ns.fib.lookup(ip.src, src=ip.dst) if here else route
        if route is None:
            return
        source = ip.dst if here else ns.source_for(route)
        flight = run.flight(name, Flow(source, ip.src, "icmp"), cause)
        header = wire.Ipv4(source, ip.src, 1, ns.default_ttl, run.next_ident(), tos=ecn.of_error(ip))
        error = Skb(flight, (header, message, wire.Data(quoted)), 0)
        error.conn, error.original, error.ctinfo = relation
        run.emit(ns, error, "originate", None, None, ("icmp-error", ERRORS[message.type, message.code]))
        ip_layer.originate(run, ns, error, bound=here)

    return send


def related(skb: Skb) -> tuple[Connection | None, bool, str | None]:
    """Return what an error or a reset about a packet has of its connection (``nf_conntrack_attach``).

    Connection, whether it goes in the original direction, and its state.
    """
    if skb.conn is None:
        return None, True, None
    return skb.conn, not skb.original, RELATED
