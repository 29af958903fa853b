"""Devices: what happens to a frame that is handed to one, and to a frame that one receives.

Mirrors ``dev_queue_xmit`` and ``netif_receive_skb`` with the drivers of veth and bridge; tunnels are in
``devices``.
"""

from __future__ import annotations

from packetwalk import wire
from packetwalk.datapath import arp, bridge, ip
from packetwalk.datapath.devices import drivers, is_layer2
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run, Skb

ETHERNET, VLAN = 14, 4


def transmit(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """Hand a frame to a device."""
    device = ns.links[dev]
    if device.kind == "bridge":
        run.emit(ns, skb, "egress", dev, device, ("to-bridge",))
        bridge.send(run, ns, skb, dev)
    elif device.kind in drivers():
        run.emit(ns, skb, "egress", dev, device, ("to-tunnel", dev))
        drivers()[device.kind].send(run, ns, skb, device)
    elif device.kind == "veth" and device.peer:
        name, peer = device.peer
        run.emit(ns, skb, "egress", dev, device, ("to-peer", dev, peer, name))
        other = run.netns(name)
        size, limit = skb.frame_length, other.links[peer].mtu + ETHERNET + VLAN
        if size > limit:
            run.drop(
                other, skb, peer, other.links[peer], ("not-forwardable", size, peer, other.links[peer].mtu)
            )
            return
        run.backlog.append((receive, other, skb, peer, ("crossing", f"{dev} in {ns.name}")))
    else:
        run.emit(ns, skb, "egress", dev, device, ("to-wire",))
        _wire(run, ns, skb, device.segment or "")


def _wire(run: Run, ns: Netns, skb: Skb, segment: str) -> None:
    """Carry a frame over an Ethernet segment to the card with its destination MAC.

    A broadcast reaches everybody; only the machine it concerns is followed (an ARP question
    changes nothing elsewhere).
    """
    mac = skb.stack[0].dst
    message = skb.stack[1]
    if mac == arp.BROADCAST and isinstance(message, wire.Arp):
        found = run.fabric.holder(segment, message.tpa)
    else:
        found = run.fabric.card(segment, mac)
    if found is None:
        run.drop(ns, skb, None, None, ("unreachable", segment))
        return
    name, dev = found
    run.backlog.append((receive, run.netns(name), skb, dev, ("from-wire", segment)))


def receive(run: Run, ns: Netns, skb: Skb, dev: str, note: tuple) -> None:
    """Take a frame that came in by ``dev``."""
    device = ns.links[dev]
    skb.forget()
    if device.kind not in drivers():
        skb.mark = 0
    run.emit(ns, skb, "ingress", dev, device, note)
    if device.master:
        master = ns.links[device.master].kind
        (bridge.receive if master == "bridge" else drivers()[master].take)(run, ns, skb, device)
    elif dev in ns.captures:
        drivers()[ns.captures[dev].process].capture(run, ns, skb, dev)
    else:
        up(run, ns, skb, dev)


def up(run: Run, ns: Netns, skb: Skb, dev: str, *, hooked: bool = False) -> None:
    """Hand a frame to the machine's own layers if it is addressed to it."""
    if not is_layer2(ns.links[dev].kind):
        ip.receive(run, ns, skb, dev, hooked=hooked)
        return
    eth = skb.stack[0]
    if eth.dst not in (ns.links[dev].address, arp.BROADCAST):
        run.drop(ns, skb, dev, ns.links[dev], ("other-mac", eth.dst, ns.links[dev].address))
    elif eth.type == 0x0806:
        arp.receive(run, ns, skb, dev)
    else:
        ip.receive(run, ns, skb, dev, hooked=hooked)
