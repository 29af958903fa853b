"""A TUN device with a proxy in user space behind it: Flannel's ``udp`` backend.

Mirrors ``tun_to_udp`` and ``udp_to_tun`` of flannel pkg/backend/udp/proxy_amd64.c: the program reads a
packet, finds the peer for its destination, lowers the time to live itself and sends the packet by its UDP
socket; the other end lowers it again.  A packet whose time is up is discarded and nobody is told.
"""

from __future__ import annotations

from collections.abc import Collection

from packetwalk import wire
from packetwalk.datapath import ip, link, pmtu
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import READ, Run, Skb
from packetwalk.tables import Entry, LinkEntry, ProxyEntry
from packetwalk.tables.flanneld import PROXY
from packetwalk.trace.step import Flow
from packetwalk.wire.address import ipv4_to_int, prefix

KIND, LAYER2, PROTOCOL = "tun", False, 17
PORT, ICMP, QUOTED = 8285, 1, 28
WRAPPING = 28  # bytes: the headers of IP and UDP


def send(run: Run, ns: Netns, skb: Skb, device: LinkEntry) -> None:
    """Keep a packet for the program, which reads when the kernel has done what it was at (``tun_net_xmit``)."""
    run.backlog.append((read, ns, skb, device.ifname, READ))


def read(run: Run, ns: Netns, skb: Skb, dev: str, note: tuple) -> None:
    """Let the program read a packet from the device and send it to the peer's proxy."""
    device = ns.links[dev]
    entry = _find(ns, skb.ip.dst)
    if entry is None:
        run.drop(ns, skb, device.ifname, device, ("proxy-no-route", skb.ip.dst), "no_route")
        _unreachable(run, ns, skb, device)
        return
    if not _lower(run, ns, skb, device.ifname, entry):
        return
    source = device.local or ""
    outer = wire.Ipv4(source, entry.peer, 17, ns.default_ttl, df=_fits(run, ns, skb, entry.peer))
    skb.hold((outer, wire.Udp(entry.port, entry.port), *skb.stack), 0)
    skb.forget()
    skb.mark = 0
    run.emit(ns, skb, "encap", device.ifname, entry, ("proxy-out", entry.port, entry.peer))
    ip.originate(run, ns, skb, key="outer-route")


def _fits(run: Run, ns: Netns, skb: Skb, peer: str) -> bool:
    """Say whether a wrapped packet goes in one piece: then alone it has DF, else the kernel cuts it.

    The program's socket is an ordinary one (IP_PMTUDISC_WANT; ``ip_dont_fragment`` in ``__ip_make_skb``).
    """
    route = ns.fib.lookup(peer)
    return route is None or not route.dev or skb.length + WRAPPING <= pmtu.of_path(run, ns, route, peer)


def ports(ns: Netns) -> Collection[int]:
    """Return the program's port."""
    return (PORT,) if ns.tun else ()


def receive(run: Run, ns: Netns, skb: Skb, dev: str) -> bool:
    """Keep a datagram in the program's socket until it reads; False when it is for another."""
    udp = skb.stack[skb.at + 1]
    if ns.tun is None or not isinstance(udp, wire.Udp) or udp.dport != PORT:
        return False
    run.backlog.append((unwrap, ns, skb, dev, READ))
    return True


def unwrap(run: Run, ns: Netns, skb: Skb, dev: str, note: tuple) -> None:
    """Let the program unwrap a datagram and write the packet to the device."""
    device = ns.tun
    assert device is not None
    skb.hold(skb.stack[skb.at + 2 :], 0)
    if not skb.stack or not isinstance(skb.stack[0], wire.Ipv4):
        run.drop(ns, skb, dev, ns.sockets.get(("udp", PORT)), ("proxy-garbage",))
        return
    run.emit(ns, skb, "decap", device.ifname, ns.sockets.get(("udp", PORT)), ("proxy-in", PORT))
    if _lower(run, ns, skb, device.ifname, device):
        link.receive(run, ns, skb, device.ifname, ("proxy-written", device.ifname))


def _unreachable(run: Run, ns: Netns, skb: Skb, device: LinkEntry) -> None:
    """Say that no node has the destination, unless it was ICMP (``send_net_unreachable``: time to live 8)."""
    packet, source = skb.ip, ns.address_of(device.ifname) or "0.0.0.0"
    if packet.protocol == ICMP or packet.offset:
        return
    quoted = wire.Data(wire.encode(skb.stack)[:QUOTED])
    flight = run.flight("error", Flow(source, packet.src, "icmp"), run.here(skb))
    error = Skb(flight, (wire.Ipv4(source, packet.src, ICMP, 8), wire.Icmp(3), quoted), 0)
    run.emit(ns, error, "originate", device.ifname, device, ("icmp-error", "network unreachable"))
    run.jobs.append(lambda: link.receive(run, ns, error, device.ifname, ("proxy-written", device.ifname)))


def _find(ns: Netns, dst: str) -> ProxyEntry | None:
    """Return the first entry that holds the destination: the proxy has no longest match."""
    for entry in ns.entries(PROXY):
        network, length = prefix(entry.dst)
        if ipv4_to_int(dst) >> 32 - length == network >> 32 - length:
            return entry
    return None


def _lower(run: Run, ns: Netns, skb: Skb, dev: str, entry: Entry) -> bool:
    """Lower the time to live as the program does; False when the packet is gone."""
    packet = skb.ip
    if packet.ttl <= 1:
        run.drop(ns, skb, dev, None, ("proxy-ttl",), "ttl_expired")
        return False
    skb.set_ip(packet._replace(ttl=packet.ttl - 1))
    run.emit(ns, skb, "forward", dev, entry, ("proxy-forward", packet.ttl, packet.ttl - 1))
    return True
