"""Devices: what happens to a frame that is handed to one, and to a frame that one receives.

Mirrors ``dev_queue_xmit`` and ``netif_receive_skb`` with the driver of veth; the bridge has its own file,
tunnels are in ``devices``.
"""

from __future__ import annotations

from packetwalk import wire
from packetwalk.datapath import arp, ip
from packetwalk.datapath.fabric import Nic
from packetwalk.datapath.netns import IPV6, Netns
from packetwalk.datapath.run import Run, Skb
from packetwalk.wire.address import is_group_mac

WIRE, FOLLOWED = "wire", 16
"""What switches of segments have learnt is kept under this name; so many copies of a frame are followed at most."""
TARGET = 3
"""The place of the address in a frame by which IPv6 asks for a MAC: Ethernet, IPv6 and ICMPv6 stand before it."""


def transmit(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """Hand a frame to a device; one without a carrier has none but ``noop_qdisc``, which discards it."""
    device = ns.devices[dev]
    if not run.fabric.carrier[ns.name, dev]:
        run.drop(ns, skb, dev, device.link, ("no-carrier", dev))
        return
    run.step(skb, device.egress)
    device.xmit(run, ns, skb, dev)


def to_driver(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """Hand a frame to the driver of a tunnel."""
    device = ns.devices[dev]
    assert device.driver is not None
    device.driver.send(run, ns, skb, device.link)
    skb.refused = False  # a tunnel takes all, whatever becomes of what it makes (NETDEV_TX_OK)


def to_peer(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """Carry a frame to the other end of a veth (``veth_xmit``), which takes none that is too long for it."""
    near = ns.devices[dev]
    assert near.peer is not None
    name, peer = near.peer
    skb.refused = not hand_over(run, run.netns(name), skb, peer, near.crossing)


def hand_over(run: Run, ns: Netns, skb: Skb, dev: str, note: tuple) -> bool:
    """Give a frame to a device at the other end of a cable; False when it is too long (``is_skb_forwardable``)."""
    far = ns.devices[dev]
    if skb.frame_length > far.longest:
        run.drop(ns, skb, dev, far.link, ("not-forwardable", skb.frame_length, dev, far.link.mtu))
        return False
    run.backlog.append((receive, ns, skb, dev, note))
    return True


def to_wire(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """Carry a frame over an Ethernet segment, a switch that learns behind which port a MAC is.

    What is for everybody, or for a MAC that nobody has, goes to every NIC; a question for a MAC is followed only to the
    machines that it may concern.  In kind and in namespaces a node's NIC is the end of a veth.  What is longer than
    the segment carries is lost there without a word.
    """
    segment, here = ns.links[dev].segment or "", (ns.name, dev)
    if run.fabric.changed:  # else each MAC has one owner
        run.learnt[WIRE, segment, skb.stack[0].src] = here
    if _too_narrow(run, ns, skb, dev):
        return
    nics = _plugged(run, skb, segment)
    others = [nic for nic in nics if nic != here]
    if not others:
        run.drop(ns, skb, None, None, ("own-port", skb.stack[0].dst) if nics else ("unreachable", segment))
    elif len(nics) == 1:
        _plug_in(run, skb, others[0], ("from-wire", segment))
    else:
        run.end(skb, "delivered")
        for nic in others:
            copy = Skb(run.flight("copy", skb.flight.flow, run.here(skb)), skb.stack, skb.at)
            _plug_in(run, copy, nic, ("from-wire-all", segment))


def _too_narrow(run: Run, ns: Netns, skb: Skb, nic: str) -> bool:
    """Lose a packet that is too long for the segment at one of its NICs; False when it is not."""
    link = ns.links[nic]
    if link.carries is None or skb.length <= link.carries:
        return False
    run.drop(ns, skb, nic, link, ("segment-narrow", link.segment, skb.length, link.carries))
    return True


def _plugged(run: Run, skb: Skb, segment: str) -> list[Nic]:
    """Return the NICs that a frame is for, the sender's own among them."""
    mac, message = skb.stack[0].dst, skb.stack[1]
    if mac == arp.BROADCAST and isinstance(message, wire.Arp):
        return run.fabric.asked(segment, message.tpa)
    if len(skb.stack) > TARGET and skb.stack[TARGET].proto == "nd-solicited":
        return run.fabric.asked(segment, skb.stack[TARGET].target)
    nics = run.fabric.everybody(segment) if run.fabric.changed else []
    found = run.learnt.get((WIRE, segment, mac))
    found = found if found in nics else run.fabric.nic(segment, mac)
    if found:
        return [found]
    nics = nics or run.fabric.everybody(segment)  # also what is for a group
    return nics if len(nics) <= FOLLOWED else []


def _plug_in(run: Run, skb: Skb, nic: Nic, note: tuple) -> None:
    name, dev = nic
    ns = run.netns(name)
    if not _too_narrow(run, ns, skb, dev):
        hand_over(run, ns, skb, dev, note)


def receive(run: Run, ns: Netns, skb: Skb, dev: str, note: tuple) -> None:
    """Take a frame that came in by ``dev``."""
    device = ns.devices[dev]
    skb.forget()
    if device.driver is None:
        skb.mark = 0
    run.step(skb, device.ingress[note])
    device.rx(run, ns, skb, dev)


def up(run: Run, ns: Netns, skb: Skb, dev: str, port: str = "") -> None:
    """Hand a frame to the machine's own layers if it is addressed to it, or to the MAC of the bridge's ``port``."""
    device, eth = ns.devices[dev], skb.stack[0]
    if not device.layer2:
        ip.receive(run, ns.inet if skb.ip.version == 4 else ns.inet6, skb, dev)
    elif eth.dst not in (device.link.address, port) and not is_group_mac(eth.dst):
        run.drop(ns, skb, dev, device.link, ("other-mac", eth.dst, device.link.address))
    elif eth.type == 0x0806:
        arp.receive(run, ns.inet, skb, dev)
    else:
        ip.receive(run, ns.inet6 if eth.type == IPV6 else ns.inet, skb, dev)
