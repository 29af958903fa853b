"""TCP: the handshake, and what the client writes once the connection is open.

Mirrors ``tcp_rcv_state_process``, ``tcp_write_xmit``, ``tcp_data_queue`` with the acknowledgements that a fresh
connection sends at once (``tcp_incr_quickack``), and ``tcp_v4_mtu_reduced`` with ``tcp_simple_retransmit``.  Time
does not pass: what a timer would send again is not sent.
"""

from __future__ import annotations

from itertools import pairwise

from packetwalk import wire
from packetwalk.datapath import handshake, pmtu, quotation, socket
from packetwalk.datapath import ip as ip_layer
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run, Skb
from packetwalk.datapath.socket import SocketHeader
from packetwalk.datapath.stream import Receiver, Sender, Span
from packetwalk.errors import BadInput
from packetwalk.trace.packet import pattern
from packetwalk.trace.step import Flow

WINDOW = 10  # segments before the first acknowledgement (TCP_INIT_CWND)
CLIENT, SERVER = 1000, 2000
"""The first sequence numbers; random in a real kernel."""


def syn(room: int, sport: int, dport: int) -> wire.Tcp:
    """Return the first segment of a connection over a path that leaves so much room behind IP's header, in bytes."""
    return wire.Tcp(sport, dport, CLIENT, 0, "S", handshake.window(room), handshake.options(room))


def receive(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """Take a segment: of the handshake, of data, or one that no socket knows, which is answered by RST."""
    tcp, ip = skb.stack[skb.at + 1], skb.ip
    route = ns.fib.lookup(ip.src, src=ip.dst)
    room = (pmtu.of_path(run, ns, route, ip.src) if route and route.dev else 1500) - ns.family.header
    if tcp.flags == "S":
        _syn(run, ns, skb, dev, room)
    elif tcp.flags == "SA" and socket.expected(run, ns, skb):
        socket.accept(run, ns, skb, dev, ("delivered-syn-ack",))
        options, window = handshake.later_options(tcp.options), handshake.scaled(handshake.window(room))
        hello = wire.Tcp(tcp.dport, tcp.sport, tcp.ack, tcp.seq + 1, "A", window, options)
        # the client's socket has its time to live for all it sends (IP_TTL)
        run.jobs.append(
            lambda: socket.answer(
                run, ns, skb, "ack", (hello,), ("ack",), df=True, written=SocketHeader(run.ttl, run.tos)
            )
        )
        if run.size:
            flow = Flow(ip.dst, ip.src, "tcp", tcp.dport, tcp.sport)
            run.sender = Sender(flow, hello, tcp.options, run.size)
            run.jobs.append(lambda: _write(run, ns, run.here(skb)))
    elif tcp.flags == "SA":
        socket.accept(run, ns, skb, dev, ("wrong-source", ip.src, run.flights[0].flow.dst))
        reset = wire.Tcp(tcp.dport, tcp.sport, tcp.ack, 0, "R", 0)
        note = "rst", f"it knows no connection to {ip.src}"
        run.jobs.append(
            lambda: socket.answer(
                run, ns, skb, "reset", (reset,), note, df=True, written=SocketHeader(tos=skb.ip.tos)
            )
        )
    elif run.receiver and len(skb.stack) > skb.at + 2:
        _data(run, ns, skb, dev, room)
    elif run.sender and tcp.dport == run.sender.flow.sport and tcp.flags == "A":
        _acknowledged(run, ns, skb, dev)
    else:
        socket.accept(run, ns, skb, dev, ("delivered-rst" if "R" in tcp.flags else "delivered-ack",))


def _syn(run: Run, ns: Netns, skb: Skb, dev: str, room: int) -> None:
    """Answer the first segment: SYN-ACK where a socket listens, else RST."""
    tcp = skb.stack[skb.at + 1]
    listener = ns.sockets.get(("tcp", tcp.dport))
    if listener is None:
        socket.accept(run, ns, skb, dev, ("refused", "tcp", tcp.dport))
        reset = wire.Tcp(tcp.dport, tcp.sport, 0, tcp.seq + 1, "RA", 0)
        note: tuple = "rst", f"nobody listens on port {tcp.dport}"
        run.jobs.append(
            lambda: socket.answer(
                run, ns, skb, "reply", (reset,), note, df=True, written=SocketHeader(tos=skb.ip.tos)
            )
        )
        return
    socket.accept(run, ns, skb, dev, ("delivered-syn", tcp.dport), listener)
    options, window = handshake.options(room), handshake.window(room, stamps=True)
    answer = wire.Tcp(tcp.dport, tcp.sport, SERVER, tcp.seq + 1, "SA", window, options)
    run.receiver = Receiver(tcp.seq + 1)
    note = "syn-ack", tcp.dport
    run.jobs.append(lambda: socket.answer(run, ns, skb, "reply", (answer,), note, df=True))


def _write(run: Run, ns: Netns, cause: tuple[int, int]) -> None:
    """Send what the client writes (``tcp_sendmsg``): half of the first window at once, then the rest.

    BadInput for more than the first window takes: what follows depends on when the answers come.
    """
    sender = run.sender
    assert sender is not None
    sender.mss = sender.fit(_room(run, ns, sender))
    if sender.size > WINDOW * sender.mss:
        most = f"1 to {WINDOW * sender.mss}: ten segments of {sender.mss} bytes, the first window here"
        raise BadInput("size in bytes", sender.size, [most])
    step = WINDOW // 2 * sender.mss
    for start in range(0, sender.size, step):
        _transmit(run, ns, sender, (start, min(start + step, sender.size)), cause, "segment")


def _room(run: Run, ns: Netns, sender: Sender) -> int:
    """Return what the path leaves for a segment, in bytes, options included."""
    route = ns.fib.lookup(sender.flow.dst)
    headers = ns.family.header + handshake.HEADER
    return pmtu.of_path(run, ns, route, sender.flow.dst) - headers if route and route.dev else 0


def _transmit(run: Run, ns: Netns, sender: Sender, span: Span, cause: tuple[int, int], key: str) -> None:
    """Send a part of the data in segments (``tcp_transmit_skb``), the last of several with PSH."""
    start, end = span
    flow, hello = sender.flow, sender.hello
    sender.units.append((span, sender.mss))
    cuts = [*range(start, end, sender.mss), end]
    route = ns.fib.lookup(flow.dst)
    df = route is None or not pmtu.is_locked(run, ns, route, flow.dst)
    for low, high in pairwise(cuts):
        push = high == end and (len(cuts) > 2 or end == sender.size)
        segment = hello._replace(seq=hello.seq + low, flags="PA" if push else "A")
        header = ns.family.packet(flow.src, flow.dst, 6, run.ttl or ns.default_ttl, df=df, tos=run.tos)
        flight = run.flight("data", flow, cause)
        skb = Skb(flight, (ns.family.labelled(header, flow), segment, wire.Data(pattern(low, high))), 0)
        sender.sent.append((flight, (low, high)))
        run.emit(ns, skb, "originate", None, None, (key, high - low, low + 1, high))
        ip_layer.originate(run, ns, skb)


def _data(run: Run, ns: Netns, skb: Skb, dev: str, room: int) -> None:
    """Take data, and acknowledge it at once."""
    tcp, receiver = skb.stack[skb.at + 1], run.receiver
    assert receiver is not None
    length = wire.size(skb.stack[skb.at + 2 :])
    in_turn = receiver.take(tcp, length)
    socket.accept(run, ns, skb, dev, ("delivered-bytes" if in_turn else "early-bytes", length, receiver.next))
    options = handshake.later_options(handshake.options(room)) + receiver.options
    window = handshake.scaled(handshake.window(room))
    answer = wire.Tcp(tcp.dport, tcp.sport, tcp.ack, receiver.first + receiver.next, "A", window, options)
    note = "acknowledges", receiver.next
    run.jobs.append(lambda: socket.answer(run, ns, skb, "ack", (answer,), note, df=True))


def _acknowledged(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """Take an acknowledgement of data (``tcp_ack``)."""
    sender = run.sender
    assert sender is not None
    sender.acknowledge(skb.stack[skb.at + 1])
    key = "delivered-sack" if sender.gaps else "delivered-bytes-ack"
    socket.accept(run, ns, skb, dev, (key, sender.acked, sender.size))


def path_narrowed(run: Run, ns: Netns, skb: Skb) -> None:
    """Let a connection hear of an ICMP error about its segment (``tcp_v4_mtu_reduced``): cut anew, and send again."""
    sender = run.sender
    quoted = quotation.embedded(skb.stack[skb.at + 2].content)
    if sender is None or ns.name != run.client or quoted.protocol != "tcp":
        return
    if sender.fit(_room(run, ns, sender)) < sender.mss and not sender.resends:
        sender.resends = True
        cause = run.here(skb)
        run.jobs.append(lambda: _resend(run, ns, sender, cause))


def _resend(run: Run, ns: Netns, sender: Sender, cause: tuple[int, int]) -> None:
    """Send again what is in segments that are too long now."""
    sender.resends, sender.mss = False, sender.fit(_room(run, ns, sender))
    lost = sender.lost(sender.mss)
    for flight, (low, high) in sender.sent:
        if flight.disposition != "delivered" and any(a < high and low < b for a, b in lost):
            flight.name = "resent"
    sender.units = [unit for unit in sender.units if min(unit[1], unit[0][1] - unit[0][0]) <= sender.mss]
    for span in lost:
        _transmit(run, ns, sender, span, cause, "segment-again")
