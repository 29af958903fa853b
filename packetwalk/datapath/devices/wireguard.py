"""The WireGuard driver: pick the peer by AllowedIPs, pad, encrypt, send by UDP; and the way back.

Mirrors ``wg_xmit``, ``encrypt_packet``, ``send4`` and ``wg_packet_consume_data_done`` of
drivers/net/wireguard: the same port at both ends, time to live 64, DF not set, and the device's fwmark on
what it sends, so that a routing rule can tell those packets from the ones inside.  A session is there
already; the bytes are not really encrypted (``wire.encrypted``).
"""

from __future__ import annotations

from collections.abc import Collection

from packetwalk import wire
from packetwalk.datapath import ecn, ip, link, local
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run, Skb, spread
from packetwalk.tables import LinkEntry

KIND, LAYER2, PROTOCOL = "wireguard", False, 17
HEADERS = 20 + 8 + 16
TAG = 16
PADDED = 16


def send(run: Run, ns: Netns, skb: Skb, device: LinkEntry) -> None:
    """Encrypt a packet for the peer whose AllowedIPs hold its destination."""
    name, dst = device.ifname, skb.ip.dst
    peer = ns.allowed_ips[name].find(dst) if name in ns.allowed_ips else None
    if peer is None:
        run.drop(ns, skb, name, device, ("no-peer", name, dst), "neighbor_unreachable")
        local.send_error(run, ns, skb, 3, 1)
        return
    run.emit(ns, skb, "route", name, peer, ("peer", dst, peer.endpoint))
    skb.forget()
    skb.mark = device.fwmark or 0
    address, _, port = peer.endpoint.partition(":")
    route = ns.fib.lookup(address, skb.mark)
    if route is None or route.type not in ("unicast", "local") or route.dev == name:
        run.drop(ns, skb, name, route, ("no-underlay", address), "no_route")
        return
    source = ns.source_for(route)
    pad = padding(skb.length, device.mtu)
    tos = ecn.outside(skb.ip)
    sealed = wire.WireguardPayload(skb.stack, bytes(pad))
    header = wire.Wireguard(session(peer.key, device.key), len(skb.flight.steps))
    udp = wire.Udp(device.port or 0, int(port or 0))
    skb.hold((wire.Ipv4(source, address, PROTOCOL, ns.default_ttl, tos=tos), udp, header, sealed), 0)
    run.emit(ns, skb, "encap", name, device, ("encap-wg", pad, source, address, port, HEADERS + TAG + pad))
    ip.originate(run, ns, skb, key="outer-marked" if device.fwmark else "outer-route")


def padding(length: int, mtu: int) -> int:
    """Return the zeroes behind a packet: to a multiple of 16, but not beyond the MTU
    (``calculate_skb_padding``)."""
    last = length % mtu if length > mtu else length
    return min(mtu, -(-last // PADDED) * PADDED) - last


def session(receiver: str, sender: str | None) -> int:
    """Return the number the receiver gave the session (a formula here; random at each handshake)."""
    return spread(f"{receiver} {sender}", 0, 0xFFFFFFFF)


def ports(ns: Netns) -> Collection[int | None]:
    """Return the ports of the namespace's WireGuard devices."""
    return ns.wireguard


def receive(run: Run, ns: Netns, skb: Skb, dev: str) -> bool:
    """Decrypt a message; False when it is none, or for no device here."""
    at = skb.at
    udp, header, sealed = (*skb.stack[at + 1 : at + 4], None, None)[:3]
    if not isinstance(header, wire.Wireguard) or not isinstance(sealed, wire.WireguardPayload):
        return False
    device = ns.wireguard.get(udp.dport)
    if device is None:
        return False
    name = device.ifname
    sender = next(
        (
            peer
            for peer in ns.peers
            if peer.dev == name and session(device.key or "", peer.key) == header.receiver
        ),
        None,
    )
    if sender is None:
        run.drop(ns, skb, dev, device, ("no-session", name))
        return True
    tos = ecn.inside(skb.ip, sealed.inner[0])  # a mark that the sender cannot bear is left out
    skb.hold(sealed.inner, 0)
    skb.set_ip(skb.ip._replace(tos=skb.ip.tos if tos is None else tos))
    skb.mark = 0
    run.emit(ns, skb, "decap", name, device, ("decap-wg", udp.dport, HEADERS + TAG + len(sealed.trailer)))
    source = skb.ip.src
    if ns.allowed_ips[name].find(source) is not sender:
        run.drop(ns, skb, name, sender, ("dishonest", source))
        return True
    run.emit(ns, skb, "route", name, sender, ("honest", source))
    link.receive(run, ns, skb, name, ("unwrapped-packet", name))
    return True
