"""Weaver's own overlay, sleeve: frames cross user space and travel inside UDP port 6783.

Mirrors ``sleeveForwarder.Forward`` of weave router/sleeve.go and ``Pcap`` of router/pcap.go.  The outer DF
follows the inner: frames whose packet has DF leave by a raw-IP socket, without a UDP checksum, and what is
too big comes back as an ICMP error in the name of the pod it was meant for; the others leave by a plain
UDP socket and may be cut on the way.
"""

from __future__ import annotations

from collections.abc import Collection

from packetwalk import wire
from packetwalk.datapath import ip, link, mesh
from packetwalk.datapath.devices import drivers
from packetwalk.datapath.mesh import Hop
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import READ, Run, Skb
from packetwalk.tables import ConnectionEntry
from packetwalk.trace.step import Flow
from packetwalk.wire.sleeve import PORT, Sleeve, SleeveBox, SleeveFrame, SleeveNonce

KIND, LAYER2, PROTOCOL = "weaver", True, 17
ETHERNET, QUOTED = 14, 28
Outer = tuple[wire.Header, ...]


def capture(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """Keep a frame for the program, which reads when the kernel has done what it was at (``tpacket_rcv``)."""
    run.backlog.append((read, ns, skb, dev, READ))


def read(run: Run, ns: Netns, skb: Skb, dev: str, note: tuple) -> None:
    """Take a frame that libpcap copied from ``dev`` to user space."""
    run.emit(ns, skb, "fdb", dev, ns.captures[dev], ("weaver-capture", dev))
    run.write(lambda: hand_out(run, ns, skb, mesh.captured(run, ns, skb)))


def hand_out(run: Run, ns: Netns, skb: Skb, hops: list[Hop]) -> None:
    """Send a frame to where weaver decided: into the bridge, or over each connection."""
    if not hops:
        run.end(skb, "dropped")
        return
    if len(hops) > 1:
        run.end(skb, "delivered")
    copies = [skb] if len(hops) == 1 else [copy(run, skb) for _ in hops]
    for each, hop in zip(copies, hops, strict=True):
        if hop.connection is None:
            inject(run, ns, each)
        elif hop.connection.overlay == "fastdp":
            drivers()["openvswitch"].tunnel(run, ns, each, hop)
        else:
            send(run, ns, each, hop)


def copy(run: Run, skb: Skb) -> Skb:
    """Return a copy of a frame, with a trace of its own."""
    return Skb(run.flight("copy", skb.flight.flow, run.here(skb)), skb.stack, skb.at)


def inject(run: Run, ns: Netns, skb: Skb) -> None:
    """Send a frame out of weaver's end of the veth pair to the bridge."""
    node = mesh.of(ns)
    assert node is not None
    link.transmit(run, ns, skb, node.device)


def send(run: Run, ns: Netns, skb: Skb, hop: Hop) -> None:
    """Wrap a frame and send it to the next peer."""
    node, connection = mesh.of(ns), hop.connection
    assert node is not None and connection is not None
    packet = skb.stack[1]
    df = isinstance(packet, wire.Ipv4) and packet.df
    length = wire.size(skb.stack) - ETHERNET
    if df and length > connection.mtu:
        run.drop(ns, skb, None, connection, ("sleeve-too-big", length, connection.mtu), "too_big")
        run.jobs.append(lambda: too_big(run, ns, skb, connection))
        return
    frame = skb.stack
    header = _wrapped(run, ns, node.me.name, hop, frame, df)
    outer = wire.Ipv4(connection.local, connection.remote, 17, 64 if df else ns.default_ttl, df=df)
    skb.hold((outer, wire.Udp(PORT, PORT, checksum=not df), *header), 0)
    skb.mark = 0
    skb.forget()
    run.emit(
        ns,
        skb,
        "encap",
        None,
        connection,
        (
            "sleeve-boxed" if connection.encrypted else "sleeve",
            connection.nickname,
            connection.remote,
            wire.size(skb.stack) - wire.size(frame),
        ),
    )
    ip.originate(run, ns, skb, key="outer-route")


def _wrapped(run: Run, ns: Netns, me: str, hop: Hop, frame: Outer, df: bool) -> Outer:
    """Return the UDP payload; a sequence number counts the datagrams of one connection, DF or not."""
    record = (SleeveFrame(hop.src, hop.dst), *frame)
    if not hop.connection or not hop.connection.encrypted:
        return (Sleeve(me), *record)
    count = (ns.name, hop.connection.peer, df)
    run.counters[count] += 1
    return Sleeve(me, True), SleeveNonce(run.counters[count], df), SleeveBox(record)


def too_big(run: Run, ns: Netns, skb: Skb, connection: ConnectionEntry) -> None:
    """Answer a frame that does not fit, as if the pod it was meant for had (``sendICMPFragNeeded``)."""
    eth, packet = skb.stack[0], skb.stack[1]
    flight = run.flight("error", Flow(packet.dst, packet.src, "icmp"), run.here(skb))
    quoted = wire.Data(wire.encode(skb.stack[1:])[:QUOTED])
    stack = (
        wire.Ethernet(eth.src, eth.dst),
        wire.Ipv4(packet.dst, packet.src, 1),
        wire.Icmp(3, 4, mtu=connection.mtu),
        quoted,
    )
    error = Skb(flight, stack, 1)
    run.emit(ns, error, "originate", None, connection, ("sleeve-icmp", packet.dst))
    inject(run, ns, error)


def ports(ns: Netns) -> Collection[int]:
    """Return weaver's port."""
    return (PORT,) if ("udp", PORT) in ns.sockets else ()


def receive(run: Run, ns: Netns, skb: Skb, dev: str) -> bool:
    """Keep a datagram in weaver's socket until it reads; False when it is for another."""
    udp, known = skb.stack[skb.at + 1], mesh.of(ns) and ("udp", PORT) in ns.sockets
    if not known or not isinstance(udp, wire.Udp) or udp.dport != PORT:
        return False
    run.backlog.append((unwrap, ns, skb, dev, READ))
    return True


def unwrap(run: Run, ns: Netns, skb: Skb, dev: str, note: tuple) -> None:
    """Let weaver read a datagram and send the frame inside on."""
    node, socket = mesh.of(ns), ns.sockets["udp", PORT]
    assert node is not None
    payload = skb.stack[skb.at + 2 :]
    if not payload or not isinstance(payload[0], Sleeve):
        run.drop(ns, skb, dev, socket, ("sleeve-garbage",))
        return
    connection = node.connections.get(payload[0].sender)
    if connection is None or connection.encrypted != payload[0].encrypted:
        run.drop(ns, skb, dev, socket, ("sleeve-stranger", node.nickname(payload[0].sender)))
        return
    record, *frame = payload[2].inner if payload[0].encrypted else payload[1:]
    off = wire.size(skb.stack) - wire.size(tuple(frame))
    skb.hold(tuple(frame), 1)
    skb.mark = 0
    skb.forget()
    run.emit(
        ns,
        skb,
        "decap",
        dev,
        socket,
        ("sleeve-open", connection.nickname, node.nickname(record.src), node.nickname(record.dst), off),
    )
    run.write(lambda: hand_out(run, ns, skb, mesh.forwarded(run, ns, skb, record.src, record.dst)))
