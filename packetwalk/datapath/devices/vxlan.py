"""The VXLAN driver: wrap a frame for the node its FDB names, unwrap what arrives by UDP.

Mirrors ``vxlan_xmit``, ``vxlan_xmit_one`` and ``vxlan_rcv`` of drivers/net/vxlan/vxlan_core.c
(RFC 7348): device ttl 0 means the host's default (64), DF is not set, the UDP source port is a hash
of the inner flow in net.ipv4.ip_local_port_range.
"""

from __future__ import annotations

from collections.abc import Collection

from packetwalk import wire
from packetwalk.datapath import arp, ecn, ip, link, pmtu
from packetwalk.datapath.netns import IPV6, Netns
from packetwalk.datapath.run import Run, Skb, spread
from packetwalk.tables import LinkEntry

KIND, LAYER2, PROTOCOL = "vxlan", True, 17
BEHIND_IP = 8 + 8
HEADERS = 20 + BEHIND_IP
ETHERNET, ARP = 14, 0x0806
PORTS = (32768, 60999)


def send(run: Run, ns: Netns, skb: Skb, device: LinkEntry) -> None:
    """Wrap a frame and send it to the node that the FDB names for its destination MAC."""
    mac = skb.stack[0].dst
    entry = ns.fdb.get((device.ifname, mac))
    if entry is None:
        run.drop(ns, skb, device.ifname, device, ("no-vtep", device.ifname, mac))
        return
    run.emit(ns, skb, "fdb", device.ifname, entry, ("vtep", mac, entry.dst))
    local, remote, port, vni = device.local or "", entry.dst or "", device.port or 0, device.vni or 0
    outer = ns.inet6 if ":" in remote else ns.inet
    headers = outer.family.header + BEHIND_IP
    way = outer.fib.lookup(remote, src=local)
    if way is not None and way.type == "local":  # it is not wrapped for oneself (encap_bypass_if_local)
        run.backlog.append((_bypass, ns, skb, device.ifname, ("unwrapped", device.ifname)))
        return
    if way is not None and way.dev == device.ifname:  # udp_tunnel_dst_lookup: ELOOP
        run.drop(ns, skb, device.ifname, way, ("no-underlay", remote), "no_route")
        return
    pmtu.wrap(run, ns, skb, (outer, way, remote), headers + ETHERNET, device.ifname)
    udp = wire.Udp(source_port(ns, skb), port)
    skb.hold(
        (
            outer.family.packet(local, remote, 17, outer.default_ttl, tos=ecn.outside(skb.ip)),
            udp,
            wire.Vxlan(vni),
            *skb.stack,
        ),
        0,
    )
    skb.forget()
    run.emit(ns, skb, "encap", device.ifname, device, ("encap", vni, port, local, remote, headers))
    ip.originate(run, outer, skb, key="outer-route")


def _bypass(run: Run, ns: Netns, skb: Skb, dev: str, note: tuple) -> None:
    """Take a frame of one's own as if it were addressed to this machine (``vxlan_encap_bypass``: PACKET_HOST)."""
    skb.forget()
    run.step(skb, ns.devices[dev].ingress[note])
    kind = skb.stack[0].type
    (arp if kind == ARP else ip).receive(run, ns.inet6 if kind == IPV6 else ns.inet, skb, dev)


def source_port(ns: Netns, skb: Skb) -> int:
    """Return the outer source port: the same for both directions and all packets of a flow."""
    if isinstance(skb.stack[1], wire.Arp):
        return spread(f"{ns.node} arp", *PORTS)
    protocol, src, sport, dst, dport = skb.tuple
    ends = sorted([(src, sport), (dst, dport)])
    return spread(f"{ns.node} {protocol} {ends}", *PORTS)


def ports(ns: Netns) -> Collection[int | None]:
    """Return the ports of the namespace's VXLAN devices."""
    return ns.vxlan


def receive(run: Run, ns: Netns, skb: Skb, dev: str) -> bool:
    """Unwrap a datagram for a VXLAN port; False when this is not one."""
    at = skb.at
    udp = skb.stack[at + 1]
    header = skb.stack[at + 2] if len(skb.stack) > at + 2 else None
    if not isinstance(udp, wire.Udp) or not isinstance(header, wire.Vxlan):
        return False
    device = ns.vxlan.get(udp.dport)
    if device is None:
        return False
    if device.vni != header.vni:
        run.drop(ns, skb, dev, None, ("no-vni", header.vni, udp.dport))
        return True
    inner = skb.stack[at + 3]
    if inner.src == device.address:  # vxlan_set_mac: taken for a loop
        run.drop(ns, skb, dev, device, ("own-echo", device.ifname, inner.src))
        return True
    tos = ecn.inside(skb.ip, skb.stack[at + 4])
    if tos is None:
        run.drop(ns, skb, dev, device, ("congestion-unknown", device.ifname))
        return True
    skb.hold(skb.stack[at + 3 :], 1)
    if getattr(skb.ip, "tos", tos) != tos:
        skb.set_ip(skb.ip._replace(tos=tos))
    run.emit(
        ns,
        skb,
        "decap",
        device.ifname,
        device,
        ("decap", udp.dport, header.vni, device.ifname, ns.family.header + BEHIND_IP + ETHERNET),
    )
    run.backlog.append((link.receive, ns, skb, device.ifname, ("unwrapped", device.ifname)))
    return True
