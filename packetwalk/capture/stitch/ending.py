"""What became of a packet that no tap saw again."""

from __future__ import annotations

from packetwalk import wire
from packetwalk.capture import identity
from packetwalk.capture.identity import Stack
from packetwalk.capture.links.sighting import Sighting
from packetwalk.capture.lookup import FOLLOWED, Lookup
from packetwalk.capture.stitch import evidence, explain, notes, stacks
from packetwalk.capture.stitch.work import BROADCAST, Work, is_error
from packetwalk.tables.fdb import FORWARDING
from packetwalk.tables.route import REFUSING
from packetwalk.wire import Arp, Ethernet, Ipv4, Vxlan

TUNNELLED = (Vxlan,)  # what a device takes, not a program


def end(work: Work, k: int) -> None:
    """Say what became of a packet that no tap saw again."""
    seen, where = work.seen[k], work.at[k].journey
    netns, dev = seen.frame.netns, seen.frame.dev
    tables, journey, packet = work.tables[netns], work.journeys[where], seen.packet
    if packet and isinstance(packet[0], Arp):
        return _end_arp(work, where, seen)
    if not seen.coming:
        known = (netns, dev)
        if work.wiring.has_end(known) and not _recorded_end(work, k):
            return None  # it leaves what was recorded
        work.step(where, netns, dev, "egress", seen.stack, _lost_behind(tables, dev))
        return None
    if work.linker.held(k):
        work.step(where, netns, dev, "reassemble", seen.stack, ("held",))
        journey.end = "delivered"
        return None
    local = bool(packet) and isinstance(packet[0], Ipv4) and packet[0].dst in tables.local
    if not local or any(isinstance(header, TUNNELLED) for header in packet[1:]):
        return _vanished(work, k)
    if isinstance(packet[0], Ipv4) and packet[0].fragment:
        return _hold(work, where, k)
    stack = _returned(work, where, seen)
    explain.route(work, where, netns, dev, stack)
    return _arrived(work, where, k, stack, identity.inner(stack))


def _arrived(work: Work, where: int, k: int, stack: Stack, packet: Stack) -> None:
    """Say of a packet for an own address what shows that it was taken in, or thrown away; else it is not known."""
    netns, dev = work.seen[k].frame.netns, work.seen[k].frame.dev
    if device := work.tables[netns].unread(packet):
        unread = "for-unread", device.ifname, device.kind
        work.step(where, netns, dev, "route", stack, unread, device, looked_up=True)
        return None
    said = evidence.answer(work, k, packet)
    if said and is_error(said) and not work.asked_before(netns, packet, k):
        return _stop(work, where, netns, dev, ("answered-error", said[1].type, said[1].code), "rejected")
    if evidence.is_taken_in(work, k, packet):
        work.step(where, netns, dev, "deliver", stack, evidence.arrived(work, k, packet))
    elif rule := evidence.refusal(work, k, packet, local=True):
        return _stop(work, where, netns, dev, ("rule-counted", rule.chain_table, rule.chain), "dropped", rule)
    elif socket := evidence.listener(work, netns, packet):
        work.step(where, netns, dev, "deliver", stack, notes.arrived(packet), socket, looked_up=True)
    else:
        note = "unanswered-closed" if evidence.closed(work, netns, packet) else "unanswered"
        work.step(where, netns, dev, "route", stack, (note, packet[0].dst, netns))
        return None
    work.journeys.arrive(where, netns)
    return None


def _lost_behind(tables: Lookup, dev: str) -> tuple:
    """Return the note of a packet that no tap saw behind a device, which may be of a kind that is not followed."""
    kind = tables.kind(dev)
    return ("lost-behind", dev) if kind in FOLLOWED else ("lost-behind-unread", dev, kind)


def _returned(work: Work, where: int, seen: Sighting) -> Stack:
    """Change the destination of a translated connection's packet as PREROUTING did; return the headers.

    That of an answer is changed back; an error about one of its packets is an answer too
    (``nf_nat_icmp_reply_translation``).
    """
    netns, packet = seen.frame.netns, seen.packet
    protocol, ends = identity.flow(packet)
    entry = work.tables[netns].returned(protocol, *ends)
    if entry is not None:
        goal = entry.src, entry.sport
    else:
        entry = work.tables[netns].destined(protocol, *ends)
        if entry is None:
            return seen.stack
        goal = entry.reply_src, entry.reply_sport
    stack = stacks.changed(seen.stack, dst=goal[0], dport=goal[1])
    note = ("nat-known", packet[0].dst, goal[0])
    work.step(where, netns, seen.frame.dev, "nat", stack, note, entry, hook="PREROUTING", looked_up=True)
    return stack


def _recorded_end(work: Work, k: int) -> bool:
    """Whether the frame can only have gone to devices whose taps were recorded."""
    frame = work.seen[k].frame
    here = frame.netns, frame.dev
    return any(work.wiring.pair(here, end) for end in work.wiring.kinds if end[0] in work.tables)


def _stop(work: Work, where: int, netns: str, dev: str | None, note: tuple, end: str, entry=None) -> None:
    journey = work.journeys[where]
    before = work.now(where)
    work.step(where, netns, dev, "drop", (), note, entry, looked_up=entry is not None)
    journey.steps[-1] = journey.steps[-1]._replace(before=before)
    journey.end = end


def _is_refused(tables: Lookup, dev: str, mac: str) -> bool:
    """Whether it is known that nothing on a device takes frames for another MAC than its own: no macvlan has put its own
    among those that the device lets in, which ``bridge fdb`` lists."""
    if set(FORWARDING.files) & set(tables.place.missing) or tables.is_shared(dev):
        return False
    return (dev, mac) not in tables.lets_in


def _vanished(work: Work, k: int) -> None:
    seen, where = work.seen[k], work.at[k].journey
    netns, dev = seen.frame.netns, seen.frame.dev
    tables, stack = work.tables[netns], seen.stack
    own, port = tables.links[dev].address, tables.master(dev)
    if isinstance(stack[0], Ethernet) and stack[0].dst not in (own, BROADCAST) and not port:
        if not _is_refused(tables, dev, stack[0].dst):
            return work.step(where, netns, dev, "ingress", stack, ("for-other", stack[0].dst, own))
        return _stop(work, where, netns, dev, ("other-mac", stack[0].dst, own), "dropped")
    outer = next((header for header in stack if isinstance(header, Ipv4)), None)
    if outer is not None and outer.dst not in tables.local:
        route = tables.route(outer.dst, src=outer.src, came=dev)
        if route is None:
            return _stop(work, where, netns, None, ("no-route", outer.dst), "no_route")
        if route.type in REFUSING:
            note = (REFUSING[route.type][0], outer.dst, route.dst)
            return _stop(work, where, netns, None, note, "no_route", route)
        explain.route(work, where, netns, route.dev, stack, dev)
        if outer.ttl <= 1:
            return _stop(work, where, netns, None, ("ttl",), "ttl_expired")
        mtu = tables.links[route.dev].mtu if route.dev in tables.links else 0
        size = wire.size(stack[1:] if isinstance(stack[0], Ethernet) else stack)
        if size > mtu > 0 and outer.df and size <= tables.links[dev].mtu:  # else it is cut into segments
            return _stop(work, where, netns, route.dev, ("too-big", size, mtu), "too_big")
        hop = tables.neighbour(route.gateway or outer.dst, route.dev)
        if hop is not None and hop.lladdr is None:
            note = ("neigh-failed", hop.dst, route.dev)
            return _stop(work, where, netns, route.dev, note, "neighbor_unreachable", hop)
    elif outer is not None:
        explain.route(work, where, netns, dev, stack)
    rule = evidence.refusal(work, k, seen.packet, local=False)
    if rule is not None:
        return _stop(work, where, netns, dev, ("rule-counted", rule.chain_table, rule.chain), "dropped", rule)
    work.step(where, netns, dev, "route", stack, ("vanished", netns))
    return None


def _end_arp(work: Work, where: int, seen: Sighting) -> None:
    netns, dev, arp = seen.frame.netns, seen.frame.dev, seen.packet[0]
    tables = work.tables[netns]
    if not seen.coming:
        return
    if arp.op == 2:
        entry = tables.neighbour(arp.spa, dev)
        known = entry if entry and entry.lladdr == arp.sha else None
        work.step(where, netns, dev, "deliver", seen.stack, ("arp-learnt", arp.spa, arp.sha), known)
    elif arp.tpa in tables.local or work.answers_for(netns, arp.tpa):
        work.step(where, netns, dev, "deliver", seen.stack, ("arp-reply", arp.tpa, dev))
    else:
        return _stop(work, where, netns, dev, ("not-mine", arp.tpa), "dropped")
    work.journeys.arrive(where, netns)


def _hold(work: Work, where: int, k: int) -> None:
    """Keep a fragment; say what became of the packet when it is whole."""
    seen = work.seen[k]
    netns, dev, head = seen.frame.netns, seen.frame.dev, seen.packet[0]
    pieces = work.held[netns, head.id, head.src, head.dst]
    pieces.add(head, seen.content)
    whole = pieces.whole
    if work.tables[netns].returned(head.protocol, head.src, 0, head.dst, 0) is None:
        explain.route(work, where, netns, dev, seen.stack)
    work.journeys[where].end = "delivered"
    if not whole:
        work.step(where, netns, dev, "reassemble", seen.stack, ("held",))
        return
    stack = (*(seen.stack[:1] if isinstance(seen.stack[0], Ethernet) else ()), *whole)
    work.step(where, netns, dev, "reassemble", stack, ("reassembled", wire.size(whole)))
    work.journeys[where].end = "left"
    _arrived(work, where, k, stack, whole)
