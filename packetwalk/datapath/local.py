"""Where packets end and begin: sockets, ICMP, and the answers they give.

Mirrors ``ip_local_deliver``, ``icmp_rcv``, ``icmp_send`` (an error quotes as much of the datagram
as fits into 576 bytes), and what ping, a UDP client and a TCP client do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from packetwalk import wire
from packetwalk.datapath import hooks, pmtu, redirect, socket, tcp
from packetwalk.datapath import ip as ip_layer
from packetwalk.datapath.conntrack import Connection
from packetwalk.datapath.matches import RELATED
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run, Skb
from packetwalk.tables import SysctlEntry
from packetwalk.trace.step import Flow


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
        case wire.IcmpHeader():
            _message(run, ns, skb, dev)
        case wire.Tcp() if ns.fib.is_for_many(skb.ip.dst):
            run.drop(ns, skb, dev, None, ("delivered-unknown",))
        case wire.Udp():
            _datagram(run, ns, skb, dev)
        case wire.Tcp():
            tcp.receive(run, ns, skb, dev)
        case _:
            run.drop(ns, skb, dev, None, ("delivered-unknown",))


def _message(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """Take a message of ICMP (``icmp_rcv``, ``icmpv6_rcv``)."""
    l4, family = skb.stack[skb.at + 1], ns.family
    if l4.type == family.echo_request:
        if setting := _silent(ns, skb):
            run.drop(ns, skb, dev, setting, ("echo-ignored", setting.key))
            return
        socket.accept(run, ns, skb, dev, ("delivered-echo",))
        run.jobs.append(lambda: _echo(run, ns, skb))
    elif l4.type == family.echo_reply and ns.name != run.client:
        run.drop(ns, skb, dev, None, ("delivered-unknown",))
    elif l4.type == family.echo_reply:
        size = skb.length - family.header
        socket.accept(run, ns, skb, dev, ("delivered-reply", size, skb.ip.src, skb.ip.ttl))
    elif l4.proto == wire.Icmp.proto or (l4.type, l4.code) in family.errors:
        text = family.errors.get((l4.type, l4.code), f"ICMP type {l4.type} code {l4.code}")
        extra = f" (mtu {l4.mtu})" if l4.mtu else ""
        path = pmtu.told(run, ns, skb) or redirect.told(run, ns, skb, dev)
        socket.accept(run, ns, skb, dev, ("delivered-error", f"{text}{extra}, says {skb.ip.src}"), path)
        if path and l4.too_big:
            tcp.path_narrowed(run, ns, skb)
    elif not family.neighbours.receive(run, ns, skb, dev):
        run.drop(ns, skb, dev, None, ("delivered-unknown",))


def _silent(ns: Netns, skb: Skb) -> SysctlEntry | None:
    """Return the setting that keeps this machine from answering an echo request (``icmp_echo``, ``icmp_rcv``)."""
    keys = [f"{ns.family.echo_ignore}all"]
    if ns.fib.is_for_many(skb.ip.dst):
        keys.insert(0, f"{ns.family.echo_ignore}broadcasts")
    return next((SysctlEntry(key, "1") for key in keys if ns.sysctl(key) != "0"), None)


def _echo(run: Run, ns: Netns, skb: Skb) -> None:
    message, *rest = skb.stack[skb.at + 1 :]
    socket.answer(
        run,
        ns,
        skb,
        "reply",
        (ns.family.echo(ns.family.echo_reply, message.id, message.seq), *rest),
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
        skb.conn = skb.ctinfo = None  # __udp4_lib_rcv, nf_reset_ct: what is told is not known to belong to it
        send_error(run, ns, skb, 3, 3)


def send_error(run: Run, ns: Netns, skb: Skb, kind: int, code: int, mtu: int = 0) -> None:
    """Tell the sender of a packet what became of it (``icmp_send``), after this packet's trace.

    The error belongs to the packet's connection, also if that was never confirmed, so that NAT changes it
    as it does an answer.
    """
    send = told(run, ns, skb, ns.family.error((kind, code), mtu), "error")
    if send:
        run.jobs.append(send)


def told(run: Run, ns: Netns, skb: Skb, message: Any, name: str) -> Callable[[], None] | None:
    """Return what sends a message about a packet, as it is now, to its sender (``icmp_send``); None if there is none."""
    ip, l4 = skb.ip, skb.stack[skb.at + 1]
    family = ns.family
    about_error = isinstance(l4, wire.IcmpHeader) and l4.type not in (
        family.echo_reply,
        family.echo_request,
    )
    if about_error or ns.fib.is_for_many(ip.dst) or ip.offset or ip.src == family.anywhere or run.muted:
        return None
    quoted = wire.encode(skb.stack[skb.at :])[: family.quoted]
    cause, relation = run.here(skb), related(skb)

    def send() -> None:
        route = ns.fib.lookup(ip.src)
        here = ns.fib.is_local(ip.dst)  # then it answers by the address that was asked (RTCF_LOCAL)
        route = ns.fib.lookup(ip.src, src=ip.dst) if here else route
        if route is None:
            return
        source = ip.dst if here else ns.source_for(route, ip.src)
        flow = Flow(source, ip.src, "icmp")
        flight = run.flight(name, flow, cause)
        header = family.packet(
            source, ip.src, family.icmp, ns.default_ttl, run.next_ident(), tos=family.error_class(ip)
        )
        error = Skb(flight, (family.labelled(header, flow), message, wire.Data(quoted)), 0)
        error.conn, error.original, error.ctinfo = relation
        run.emit(ns, error, "originate", None, None, ("icmp-error", family.errors[message.type, message.code]))
        ip_layer.originate(run, ns, error, bound=here)

    return send


def related(skb: Skb) -> tuple[Connection | None, bool, str | None]:
    """Return what an error or a reset about a packet has of its connection (``nf_conntrack_attach``).

    Connection, whether it goes in the original direction, and its state.
    """
    if skb.conn is None:
        return None, True, None
    return skb.conn, not skb.original, RELATED
