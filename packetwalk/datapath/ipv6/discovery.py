"""Neighbour discovery (RFC 4861): questions for MACs and answers, as packets of IPv6 to a group and back.

Mirrors ``ndisc_solicit``, ``ndisc_recv_ns`` and ``ndisc_recv_na``.  Unlike ARP's, these packets meet hooks and bridges
as all of IPv6 do; no connection is tracked of them.
"""

from __future__ import annotations

from packetwalk import wire
from packetwalk.datapath import hooks, link, neighbour
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run, Skb
from packetwalk.tables import NeighEntry
from packetwalk.tables.neighbour import NEIGHBOURS
from packetwalk.trace.step import Flow
from packetwalk.wire.address import ipv6_from_int, ipv6_to_int, mac_from_int
from packetwalk.wire.ipv6 import Advertised, Icmpv6, Ipv6, NeighbourOption, Solicited
from packetwalk.wire.ipv6.icmpv6 import ADVERTISEMENT, SOLICITATION
from packetwalk.wire.ipv6.neighbour_option import SOURCE, TARGET

LIMIT = 255
"""The hop limit of these messages: one that came through a router has less, and is not taken."""
SOLICITED = ipv6_to_int("ff02::1:ff00:0")
ALL_NODES = "ff02::1"
GROUP_MAC = 0x333300000000


def group(address: str) -> str:
    """Return the group that an address has joined: its last 24 bits behind ff02::1:ff00:0 (RFC 4291)."""
    return ipv6_from_int(SOLICITED | ipv6_to_int(address) & 0xFFFFFF)


def group_mac(address: str) -> str:
    """Return the MAC of a group: its last 32 bits behind 33:33 (RFC 2464)."""
    return mac_from_int(GROUP_MAC | ipv6_to_int(address) & 0xFFFFFFFF)


def joined(ns: Netns, dev: str, dst: str) -> bool:
    """Say whether a group was joined on a device: that of all, and those of its addresses (``ipv6_chk_mcast_addr``)."""
    return dst == ALL_NODES or any(each.dev == dev and group(each.local) == dst for each in ns.addrs)


def announced(ns: Netns, src: str, dev: str, hop: str) -> str:
    """Return the address that a question comes from: the packet's own source if the device has it, else its
    link-local one (``ndisc_solicit``)."""
    own = [each for each in ns.addrs if each.dev == dev]
    if any(each.local == src for each in own):
        return src
    return next((each.local for each in own if each.scope == "link"), ns.family.anywhere)


def question(run: Run, ns: Netns, skb: Skb, dev: str, hop: str) -> None:
    """Ask the group of an address who has it (``ndisc_send_ns``)."""
    source, mac, goal = announced(ns, skb.ip.src, dev, hop), ns.links[dev].address, group(hop)
    flight = run.flight("ndp", Flow(source, hop, "ndp"), run.here(skb))
    message = Icmpv6(SOLICITATION), Solicited(hop), NeighbourOption(SOURCE, mac)
    asking = Skb(flight, (Ipv6(source, goal, ns.family.icmp, LIMIT), *message), 0)
    run.emit(ns, asking, "originate", dev, None, ("nd-question", hop, goal))
    if _out(run, ns, asking, dev):
        asking.wear(wire.Ethernet(group_mac(goal), mac, ns.family.ethertype))
        run.emit(ns, asking, "neigh", dev, None, ("nd-group-mac", goal, group_mac(goal)))
        link.transmit(run, ns, asking, dev)


def _out(run: Run, ns: Netns, skb: Skb, dev: str) -> bool:
    """Take a message through the hooks on its way out; False when it was dropped there."""
    return hooks.hook(run, ns, skb, "OUTPUT", None, dev) and hooks.hook(run, ns, skb, "POSTROUTING", None, dev)


def receive(run: Run, ns: Netns, skb: Skb, dev: str) -> bool:
    """Answer a question for an own address, note an answer; False for another message (``ndisc_rcv``)."""
    message = skb.stack[skb.at + 1]
    if message.type not in (SOLICITATION, ADVERTISEMENT):
        return False
    if skb.ip.ttl != LIMIT:
        run.drop(ns, skb, dev, None, ("nd-routed", skb.ip.ttl))
    elif message.type == ADVERTISEMENT:
        _note(run, ns, skb, dev)
    else:
        _answer(run, ns, skb, dev)
    return True


def _answer(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    target, option = skb.stack[skb.at + 2].target, _option(skb)
    if not any((each.dev, each.local) == (dev, target) for each in ns.addrs):
        run.drop(ns, skb, dev, None, ("not-mine", target))
        return
    asker, mac = skb.ip.src, ns.links[dev].address
    if option:
        _learn(run, ns, dev, asker, option.lladdr)
    run.emit(ns, skb, "deliver", dev, None, ("nd-answer", target, dev))
    run.end(skb, "delivered")
    flight = run.flight("ndp", Flow(target, asker, "ndp"), run.here(skb))
    flags = ("R" if ns.forwards(dev) else "") + "SO"
    message = Icmpv6(ADVERTISEMENT, flags=flags), Advertised(target), NeighbourOption(TARGET, mac)
    answer = Skb(flight, (Ipv6(target, asker, ns.family.icmp, LIMIT), *message), 0)
    run.emit(ns, answer, "originate", dev, None, ("nd-answer", target, dev))
    if _out(run, ns, answer, dev):
        neighbour.finish(run, ns, answer, dev, asker)


def _learn(run: Run, ns: Netns, dev: str, asker: str, mac: str) -> None:
    """Note the MAC of who asks (``neigh_update`` with STALE); in a warm walk it was used since."""
    key = (ns.name, NEIGHBOURS.name, dev, asker)
    known = run.learnt.get(key) or ns.neighs.get((dev, asker))
    if known is None or (known.state not in neighbour.STAYING and known.lladdr != mac):
        run.learnt[key] = NeighEntry(asker, dev, mac, "REACHABLE" if run.muted else "STALE")
        run.met.setdefault((ns.name, dev, asker), False)


def _note(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """Take an answer to an open question; one that nobody waits for teaches nothing."""
    target, option = skb.stack[skb.at + 2].target, _option(skb)
    key = (ns.name, NEIGHBOURS.name, dev, target)
    known = ns.neighs.get((dev, target)) or run.learnt.get(key)
    if option is None or known is None or known.lladdr is not None:
        run.drop(ns, skb, dev, known, ("nd-unasked", target))
        return
    entry = run.learnt[key] = NeighEntry(target, dev, option.lladdr)
    run.emit(ns, skb, "deliver", dev, entry, ("arp-learnt", target, option.lladdr))
    run.end(skb, "delivered")


def _option(skb: Skb) -> NeighbourOption | None:
    """Return the MAC that a message tells of, if it tells one."""
    return next((each for each in skb.stack[skb.at + 3 :] if isinstance(each, NeighbourOption)), None)
