"""Devices: what happens to a frame that is handed to one, and to a frame that one receives.

Mirrors ``dev_queue_xmit`` and ``netif_receive_skb`` with the driver of veth; the bridge has its own file,
tunnels are in ``devices``.
"""

from __future__ import annotations

from packetwalk import wire
from packetwalk.datapath import arp, ip
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run, Skb


def transmit(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """Hand a frame to a device."""
    device = ns.devices[dev]
    run.step(skb, device.egress)
    device.xmit(run, ns, skb, dev)


def to_driver(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """Hand a frame to the driver of a tunnel."""
    device = ns.devices[dev]
    assert device.driver is not None
    device.driver.send(run, ns, skb, device.link)


def to_peer(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """Carry a frame to the other end of a veth (``veth_xmit``), which takes none that is too long for it."""
    near = ns.devices[dev]
    assert near.peer is not None
    name, peer = near.peer
    hand_over(run, run.netns(name), skb, peer, near.crossing)


def hand_over(run: Run, ns: Netns, skb: Skb, dev: str, note: tuple) -> None:
    """Give a frame to a device at the other end of a cable, unless it is too long (``is_skb_forwardable``)."""
    far = ns.devices[dev]
    if skb.frame_length > far.longest:
        run.drop(ns, skb, dev, far.link, ("not-forwardable", skb.frame_length, dev, far.link.mtu))
        return
    run.backlog.append((receive, ns, skb, dev, note))


def to_wire(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """Carry a frame over an Ethernet segment to the NIC with its MAC, which takes none that is too long for it.

    A broadcast reaches everybody; only the machine it concerns is followed (an ARP question
    changes nothing elsewhere).  In kind and in namespaces a node's NIC is the end of a veth.
    """
    segment, mac = ns.links[dev].segment or "", skb.stack[0].dst
    if mac == arp.BROADCAST and isinstance(skb.stack[1], wire.Arp):
        found = run.fabric.holder(segment, skb.stack[1].tpa)
    else:
        found = run.fabric.nic(segment, mac)
    if found is None:
        run.drop(ns, skb, None, None, ("unreachable", segment))
        return
    name, nic = found
    hand_over(run, run.netns(name), skb, nic, ("from-wire", segment))


def receive(run: Run, ns: Netns, skb: Skb, dev: str, note: tuple) -> None:
    """Take a frame that came in by ``dev``."""
    device = ns.devices[dev]
    skb.forget()
    if device.driver is None:
        skb.mark = 0
    run.step(skb, device.ingress[note])
    device.rx(run, ns, skb, dev)


def up(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """Hand a frame to the machine's own layers if it is addressed to it."""
    device, eth = ns.devices[dev], skb.stack[0]
    if not device.layer2:
        ip.receive(run, ns, skb, dev)
    elif eth.dst not in (device.link.address, arp.BROADCAST):
        run.drop(ns, skb, dev, device.link, ("other-mac", eth.dst, device.link.address))
    elif eth.type == 0x0806:
        arp.receive(run, ns, skb, dev)
    else:
        ip.receive(run, ns, skb, dev)
