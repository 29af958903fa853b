"""ARP: questions for the MACs of IPv4 addresses, and answers (``arp_solicit``, ``arp_process``)."""

from __future__ import annotations

from ipaddress import IPv4Address

from packetwalk import wire
from packetwalk.datapath import link, neighbour, source_validation
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run, Skb
from packetwalk.tables import NeighEntry, RouteEntry, SysctlEntry
from packetwalk.tables.neighbour import NEIGHBOURS
from packetwalk.trace.step import Flow

BROADCAST = "ff:ff:ff:ff:ff:ff"
NOBODY = "00:00:00:00:00:00"
ALL_HOSTS = "224.0.0.1"


def question(run: Run, ns: Netns, skb: Skb, dev: str, hop: str) -> None:
    """Send an ARP request to everybody."""
    source, mac = announced(ns, skb.ip.src, dev, hop), ns.links[dev].address
    flight = run.flight("arp", Flow(source, hop, "arp"), run.here(skb))
    stack = (wire.Ethernet(BROADCAST, mac, 0x0806), wire.Arp(1, mac, source, NOBODY, hop))
    asking = Skb(flight, stack, 1)
    run.emit(ns, asking, "originate", dev, None, ("arp-request", hop))
    link.transmit(run, ns, asking, dev)


def joined(ns: Netns, dev: str, dst: str) -> bool:
    """Say whether a group was joined on a device: each machine has joined that of all."""
    return dst == ALL_HOSTS


def announced(ns: Netns, src: str, dev: str, hop: str) -> str:
    """Return the address that a question names as the asker's (``arp_solicit`` with ``arp_announce``).

    0: the packet's own source if it is this machine's; 1: only if it is in the subnet of ``hop``; 2: never.
    """
    level = ns.in_dev[dev, "arp_announce"]
    if ns.fib.is_local(src) and (level == 0 or (level == 1 and ns.on_link(dev, hop, src))):
        return src
    return ns.address_of(dev, hop) or "0.0.0.0"


def receive(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """Answer a question for an own address, note an answer (``arp_process``)."""
    message = skb.stack[1]
    if message.op == 2:
        _note(run, ns, skb, dev)
        return
    unknown = message.spa == "0.0.0.0"  # somebody who wants an address asks whether it is taken (RFC 2131)
    own = ns.fib.is_local(message.tpa)
    route = None if own or unknown else _proxied(ns, message, dev)
    refusal = _unbelieved(ns, message, dev) if (own or route) and not unknown else None
    if refusal or (route is None and (not own or _keeps_silent(ns, message, dev))):
        run.drop(ns, skb, dev, *(refusal or _silence(ns, message, dev)))
        return
    note = ("arp-proxy", message.tpa, dev, route.dst, route.dev) if route else ("arp-reply", message.tpa, dev)
    state = "REACHABLE" if run.muted else "STALE"  # a warm walk's neighbours were used since
    key = (ns.name, NEIGHBOURS.name, dev, message.spa)
    known = run.learnt.get(key) or ns.neighs.get((dev, message.spa))
    stays = known is not None and (known.state in neighbour.STAYING or known.lladdr == message.sha)
    if not stays and not unknown:  # the asker's MAC counts (neigh_event_ns)
        run.learnt[key] = NeighEntry(message.spa, dev, message.sha, state)
        run.met.setdefault((ns.name, dev, message.spa), False)
    run.emit(ns, skb, "deliver", dev, route, note)
    run.end(skb, "delivered")
    mac = ns.links[dev].address
    flight = run.flight("arp", Flow(message.tpa, message.spa, "arp"), run.here(skb))
    stack = (wire.Ethernet(message.sha, mac, 0x0806), wire.Arp(2, mac, message.tpa, message.sha, message.spa))
    answer = Skb(flight, stack, 1)
    run.emit(ns, answer, "originate", dev, route, note)
    link.transmit(run, ns, answer, dev)


def _note(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """Take an answer: the first to an open question counts, one that nobody asked for only with ``arp_accept``."""
    message = skb.stack[1]
    key = (ns.name, NEIGHBOURS.name, dev, message.spa)
    known = ns.neighs.get((dev, message.spa)) or run.learnt.get(key)
    if (known is None and not ns.in_dev[dev, "arp_accept"]) or (known and known.lladdr is not None):
        run.drop(ns, skb, dev, known, ("arp-late" if known else "arp-unasked", message.spa, message.sha))
        return
    entry = run.learnt[key] = NeighEntry(message.spa, dev, message.sha)
    run.emit(ns, skb, "deliver", dev, entry, ("arp-learnt", message.spa, message.sha))
    run.end(skb, "delivered")


def _unbelieved(ns: Netns, message: wire.Arp, dev: str) -> source_validation.Refusal | None:
    """Return why a question is not listened to: it is routed as a packet from the asker would be."""
    note = ns.martians[message.spa, message.tpa, dev]
    return (None, note) if note else ns.disbelieved[message.spa, message.tpa, 0, dev, None]


def _proxied(ns: Netns, message: wire.Arp, dev: str) -> RouteEntry | None:
    """Return the route that lets this machine answer for another (``arp_fwd_proxy``), or None.

    Proxy ARP must be on for the device or for all, forwarding too, and the route must be unicast and lead out of
    another device.
    """
    if not ns.in_dev[dev, "proxy_arp"] or not ns.forwards(dev):
        return None
    route = ns.fib.lookup(message.tpa, src=message.spa, iif=dev)
    return route if route and route.type == "unicast" and route.dev != dev else None


def _keeps_silent(ns: Netns, message: wire.Arp, dev: str) -> bool:
    """Say whether this machine keeps silent about an address of its own (``arp_ignore``, ``arp_filter``)."""
    return _ignored(ns, message, dev) or _filtered(ns, message, dev)


def _ignored(ns: Netns, message: wire.Arp, dev: str) -> bool:
    """Say what ``arp_ignore`` does with a question.

    1 wants the address on this device, 2 also the asker's in its subnet, 3 one that is known beyond this machine,
    8 answers nobody (``arp_ignore`` and ``inet_confirm_addr`` of net/ipv4).
    """
    level = ns.in_dev[dev, "arp_ignore"]
    own = [each for each in ns.addrs if (each.dev, each.local) == (dev, message.tpa)]
    if level == 2:
        return not any(IPv4Address(message.spa) in each.subnet for each in own)
    return level == 8 or (level == 1 and not own)


def _filtered(ns: Netns, message: wire.Arp, dev: str) -> bool:
    """Say whether ``arp_filter`` is on and the way back to the asker leads by another device (``arp_filter``)."""
    if not ns.in_dev[dev, "arp_filter"]:
        return False
    route = ns.fib.lookup(message.spa)
    return route is None or route.dev != dev


def _silence(ns: Netns, message: wire.Arp, dev: str) -> tuple[SysctlEntry | None, tuple]:
    """Return why nobody answers here, and the setting that says so, if one does."""
    address = message.tpa
    if ns.fib.is_local(address):
        if _ignored(ns, message, dev):
            return ns.setting_of(dev, "arp_ignore"), ("arp-ignored", address, dev)
        return ns.setting_of(dev, "arp_filter"), ("arp-filtered", message.spa, dev)
    if ns.in_dev[dev, "proxy_arp"]:
        return ns.setting_of(dev, "proxy_arp"), ("no-proxy", address, dev)
    return None, ("not-mine", address)
