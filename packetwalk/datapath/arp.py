"""The neighbour layer: from a next hop to a MAC, by the table or by asking (ARP).

Mirrors ``neigh_resolve_output`` and ``arp_process``.  In a warm walk the question has been asked
before (the same code runs, unrecorded); in a cold one it is part of the walk.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from packetwalk import wire
from packetwalk.datapath import link, local
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run, Skb
from packetwalk.tables import NeighEntry, RouteEntry, SysctlEntry
from packetwalk.tables.neighbour import NEIGHBOURS
from packetwalk.trace.packet import Packet
from packetwalk.trace.step import Flow

BROADCAST = "ff:ff:ff:ff:ff:ff"
NOBODY = "00:00:00:00:00:00"


def finish(run: Run, ns: Netns, skb: Skb, dev: str, hop: str) -> None:
    """Put the Ethernet header on and hand the frame to ``dev`` (``ip_finish_output2``).

    A device without Ethernet (a layer-3 tunnel) takes the packet bare.
    """
    if not ns.devices[dev].layer2:
        skb.bare()
        skb.hop = hop
        link.transmit(run, ns, skb, dev)
        return
    entry = resolve(run, ns, skb, dev, hop)
    if entry.lladdr is None:
        run.drop(ns, skb, dev, entry, ("neigh-failed", hop, dev), "neighbor_unreachable")
        local.send_error(run, ns, skb, 3, 1)
        return
    ethernet, decision = ns.hard_headers[entry]
    skb.wear(ethernet)
    run.step(skb, decision)
    link.transmit(run, ns, skb, dev)


def resolve(run: Run, ns: Netns, skb: Skb, dev: str, hop: str) -> NeighEntry:
    """Return the neighbour entry for ``hop``, asking for it if need be."""
    written = ns.neighs.get((dev, hop))
    if written:
        return written
    key = (ns.name, NEIGHBOURS.name, dev, hop)
    if key in run.learnt:
        return run.learnt[key]
    if run.cold:
        ask(run, ns, skb, dev, hop)
    else:
        learn_before(run, ns, skb, dev, hop)
    return run.learnt.get(key) or run.learnt.setdefault(key, NeighEntry(hop, dev, None, "FAILED"))


def learn_before(run: Run, ns: Netns, skb: Skb, dev: str, hop: str) -> None:
    """Give a warm walk what an earlier question and its answer taught, here and in bridges."""
    warm, key = run.fabric.warm, (ns.name, dev, hop)
    if key not in warm:
        before = Run(run.fabric, run.client, Packet(cold=True))
        before.muted = True
        ask(before, ns, skb, dev, hop)
        warm[key] = before.learnt
    run.learnt.update(warm[key])


def ask(run: Run, ns: Netns, skb: Skb, dev: str, hop: str) -> None:
    """Send an ARP request; an answer ends up in ``run.learnt``."""
    source = skb.ip.src if skb.ip.src in ns.local else ns.address_of(dev, hop)
    mac = ns.links[dev].address
    flight = run.flight("arp", Flow(source or "0.0.0.0", hop, "arp"), run.here(skb))
    stack = (wire.Ethernet(BROADCAST, mac, 0x0806), wire.Arp(1, mac, source or "0.0.0.0", NOBODY, hop))
    question = Skb(flight, stack, 1)
    run.emit(ns, question, "originate", dev, None, ("arp-request", hop))
    link.transmit(run, ns, question, dev)
    run.drain()


def receive(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """Answer a question for an own address, note an answer (``arp_process``)."""
    message = skb.stack[1]
    if message.op == 2:
        entry = NeighEntry(message.spa, dev, message.sha)
        run.learnt[ns.name, NEIGHBOURS.name, dev, message.spa] = entry
        run.emit(ns, skb, "deliver", dev, entry, ("arp-learnt", message.spa, message.sha))
        run.end(skb, "delivered")
        return
    route = None if message.tpa in ns.local else _proxied(ns, message.tpa, dev)
    if route is None and (message.tpa not in ns.local or _ignored(ns, message, dev)):
        run.drop(ns, skb, dev, *_silence(ns, message.tpa, dev))
        return
    note = ("arp-proxy", message.tpa, dev, route.dst, route.dev) if route else ("arp-reply", message.tpa, dev)
    state = "REACHABLE" if run.muted else "STALE"  # a warm walk's neighbours were used since
    if (dev, message.spa) not in ns.neighs:  # what is written down is not overwritten
        key = (ns.name, NEIGHBOURS.name, dev, message.spa)
        run.learnt.setdefault(key, NeighEntry(message.spa, dev, message.sha, state))
    run.emit(ns, skb, "deliver", dev, route, note)
    run.end(skb, "delivered")
    mac = ns.links[dev].address
    flight = run.flight("arp", Flow(message.tpa, message.spa, "arp"), run.here(skb))
    stack = (wire.Ethernet(message.sha, mac, 0x0806), wire.Arp(2, mac, message.tpa, message.sha, message.spa))
    answer = Skb(flight, stack, 1)
    run.emit(ns, answer, "originate", dev, route, note)
    link.transmit(run, ns, answer, dev)


def _proxied(ns: Netns, address: str, dev: str) -> RouteEntry | None:
    """Return the route that lets this machine answer for another (``arp_fwd_proxy``), or None.

    Proxy ARP must be on for the device, forwarding too, and the route must be unicast and lead out of
    another device.
    """
    if ns.sysctl(f"net.ipv4.conf.{dev}.proxy_arp") == "0" or not ns.forwards(dev):
        return None
    route = ns.fib.lookup(address)
    return route if route and route.type == "unicast" and route.dev != dev else None


def _ignored(ns: Netns, message: wire.Arp, dev: str) -> bool:
    """Say whether this machine keeps silent about an address of its own (``arp_ignore``, 1 and 2 of it).

    The larger of the settings of ``all`` and of the device counts: 1 wants the address on this device, 2 also
    the asker's in its subnet.
    """
    level = max(int(ns.sysctl(key)) for key in _arp_ignore(dev))
    own = [each for each in ns.addrs if (each.dev, each.local) == (dev, message.tpa)]
    if level == 2:
        return not any(IPv4Address(message.spa) in each.subnet for each in own)
    return level == 1 and not own


def _arp_ignore(dev: str) -> tuple[str, str]:
    """Return the two settings that count for a device."""
    return "net.ipv4.conf.all.arp_ignore", f"net.ipv4.conf.{dev}.arp_ignore"


def _silence(ns: Netns, address: str, dev: str) -> tuple[SysctlEntry | None, tuple]:
    """Return why nobody answers here, and the setting that says so, if one does."""
    if address in ns.local:
        setting = max(_arp_ignore(dev), key=lambda key: int(ns.sysctl(key)))
        return ns.sysctls[setting], ("arp-ignored", address, dev)
    if ns.sysctl(f"net.ipv4.conf.{dev}.proxy_arp") != "0":
        return None, ("no-proxy", address, dev)
    return None, ("not-mine", address)
