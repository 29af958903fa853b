"""The same packet at its next tap: what happened to it in between."""

from __future__ import annotations

from packetwalk import wire
from packetwalk.capture import identity
from packetwalk.capture.identity import Stack
from packetwalk.capture.links.sighting import Link
from packetwalk.capture.nft_nat import BeforeNat
from packetwalk.capture.stitch import explain, offloads, stacks, tunnel
from packetwalk.capture.stitch.journeys import flow_of
from packetwalk.capture.stitch.passage import Passage
from packetwalk.capture.stitch.work import BROADCAST, Work
from packetwalk.tables import Entry, NftRule
from packetwalk.wire import Ipv4, Tcp, Vlan


def follow(work: Work, k: int, link: Link, before: int) -> int:
    """Tell what lies between a frame and its packet's sighting before; return the number of its journey."""
    where = work.at[before].journey
    gone_on = work.after[before][0] != k  # as another frame: this is one more
    if link.how == "copy" or (link.how == "wire" and gone_on):
        cause = work.journeys.last(where, "fdb", "egress")
        return work.journeys.begin("copy", work.seen[k].packet, cause)
    if link.how in ("segment", "wire-segment"):
        offloads.merged(work, k, link)
        if gone_on:
            return offloads.later(work, k, before)
    if link.how in ("cut", "recut") and gone_on:
        return _fragment(work, k, before)
    if link.how == "wire-segment":
        offloads.by_wire(work, where, k, link, before)
    elif not link.by_wire:
        _pass(Passage(work, where, before, k, link.how))
    return where


def _fragment(work: Work, k: int, before: int) -> int:
    """Begin the journey of a second or later fragment."""
    seen = work.seen[k]
    first = work.at[work.after[before][0]].journey
    where = work.journeys.begin("fragment", seen.packet, work.journeys.before_cut(first))
    work.step(
        where, seen.frame.netns, seen.frame.dev, "fragment", stacks.bare(seen.stack), explain.cut(work, k)
    )
    explain.address(work, where, seen.frame.netns, seen)
    return where


def _pass(way: Passage) -> None:
    """Tell what a namespace did with a packet from one tap to the next."""
    if way.how in ("whole", "recut"):
        _gather(way)
    if _stacked(way):
        _tag(way)
        return offloads.inside(way)
    bridge = _bridged(way)
    if bridge:
        _rewrite(way, bridge, "PREROUTING", routed=False)
        _switch(way, bridge)
        offloads.inside(way)
    elif tunnel.unwraps(way):
        tunnel.unwrap(way)
    elif tunnel.wraps(way):
        tunnel.wrap(way)
    else:
        _forward(way)


def _stacked(way: Passage) -> bool:
    """Whether one of the two devices stands on the other."""
    one, other = way.then.frame.dev, way.seen.frame.dev
    upper, lower = (other, one) if way.seen.coming else (one, other)
    return way.then.coming == way.seen.coming and way.tables.stands_on(upper, lower)


def _tag(way: Passage) -> None:
    """Say that a VLAN's device put its tag on, or took it off, where the taps show it."""
    tags = [
        next((header.id for header in each.stack if isinstance(header, Vlan)), None)
        for each in (way.then, way.seen)
    ]
    if tags[0] == tags[1]:
        return
    event, dev = ("decap", way.seen.frame.dev) if way.seen.coming else ("encap", way.then.frame.dev)
    tag = tags[0] if tags[1] is None else tags[1]
    way.step(
        dev,
        event,
        way.seen.stack,
        ("untagged" if way.seen.coming else "tagged", dev, tag),
        way.tables.links[dev],
    )


def _gather(way: Passage) -> None:
    """Say that fragments were put together, although perhaps no tap saw the whole packet."""
    whole = way.work.linker.datagram(way.before).whole or (way.seen.packet if way.how == "whole" else ())
    if whole:
        after = stacks.within(way.then, whole)
        way.step(way.then.frame.dev, "reassemble", after, ("reassembled", wire.size(whole)))


def _bridged(way: Passage) -> str | None:
    """Return the bridge that took the frame from one tap to the other, or None."""
    dev, tables = way.then.frame.dev, way.tables
    bridge = tables.bridge(dev)
    passes = way.then.coming or tables.kind(dev) == "bridge"
    return bridge if passes and bridge == tables.bridge(way.seen.frame.dev) else None


def _switch(way: Passage, bridge: str) -> None:
    """Tell what a bridge decided; of a frame for which netfilter had it look for a neighbour (``br_nf_dev_xmit``), only that."""
    if way.tables.kind(way.seen.frame.dev) == "bridge" and not way.seen.coming:
        return explain.address(way.work, way.where, way.netns, way.seen)
    mac, dev = way.seen.stack[0].dst, way.seen.frame.dev
    entry = way.tables.owner(mac, bridge)
    ports = [way.work.seen[n].frame.dev for n in way.work.after[way.before]]
    up = way.tables.kind(dev) == "bridge"
    if mac == BROADCAST or len(ports) > 1 or (up and mac not in way.tables.macs):
        note: tuple = ("bridge-flood", mac, ", ".join(ports))
        entry = None
    elif up:
        note = ("bridge-up", mac)
    else:
        note = ("bridge-port", mac, dev)
    way.step(bridge, "fdb", way.now, note, entry, looked_up=entry is not None)


def _is_unrouted(way: Passage) -> bool:
    """Whether a packet that came in left with its time to live, the outermost one, as it was; what is for the machine itself
    a program may have sent on."""
    then, now = (next((h for h in stack if isinstance(h, Ipv4)), None) for stack in (way.now, way.seen.stack))
    if not way.then.coming or then is None or now is None:
        return False
    return then.ttl == now.ttl and then.dst not in way.tables.local


def _forward(way: Passage) -> None:
    """Tell how IP passed a packet on: addresses rewritten, route, TTL, neighbour."""
    work, dev = way.work, way.seen.frame.dev
    _rewrite(way, way.then.frame.dev, "PREROUTING")
    now, goal = identity.inner(way.now), way.seen.packet
    if _is_unrouted(way):
        return way.step(dev, "forward", way.now, ("unrouted", dev))
    if way.then.coming:
        explain.route(work, way.where, way.netns, dev, way.now, way.then.frame.dev)
        if now and goal and isinstance(now[0], Ipv4) and now[0].ttl != goal[0].ttl:
            after = stacks.changed(way.now, ttl=goal[0].ttl)
            way.step(None, "forward", after, ("forward", now[0].ttl, goal[0].ttl), way.tables.forwarding_on)
    _rewrite(way, dev, "POSTROUTING")
    offloads.inside(way)
    if way.cut:
        way.step(dev, "fragment", stacks.kept(way.now, way.seen.stack), explain.cut(work, way.k))
    explain.address(work, way.where, way.netns, way.seen)


def _rewrite(way: Passage, dev: str, hook: str, *, routed: bool = True) -> None:
    """Say that netfilter rewrote addresses, if it did.

    The source is rewritten at POSTROUTING; at PREROUTING only of what is not ``routed`` here, and of
    answers, whose connection is known.
    """
    now, goal = identity.inner(way.now), way.seen.packet
    if not now or not goal or not isinstance(now[0], Ipv4) or not isinstance(goal[0], Ipv4):
        return
    src, sport, dst, dport = identity.ends(now)
    new_src, new_sport, new_dst, new_dport = identity.ends(goal)
    if hook == "PREROUTING" and (dst, dport) != (new_dst, new_dport):
        _new_destination(way, dev, dst)
    early = not routed or way.work.journeys.goes_back(goal)
    if (hook == "POSTROUTING" or early) and (src, sport) != (new_src, new_sport):
        _new_source(way, dev, hook, src)


def _new_destination(way: Passage, dev: str, dst: str) -> None:
    goal, tables = way.seen.packet, way.tables
    _, _, new, port = identity.ends(goal)
    asking = BeforeNat(flow_of(goal).proto, identity.ends(identity.inner(way.now)), iif=way.then.frame.dev)
    entry: Entry | None = tables.translation(asking, new, port) if _may_be_first(goal) else None
    note: tuple = ("dnat", _place(entry, "PREROUTING"), f"{new}:{port}" if port else new)
    if entry is None:
        entry, note = tables.tracked(*identity.flow(identity.inner(way.now))), ("nat-known", dst, new)
    after = stacks.changed(way.now, dst=new, dport=port)
    way.step(dev, "nat", after, note, entry, hook="PREROUTING", looked_up=entry is not None)


def _new_source(way: Passage, dev: str, hook: str, src: str) -> None:
    tables = way.tables
    new, port, dst, dport = identity.ends(way.seen.packet)
    back = way.work.journeys.goes_back(
        way.seen.packet
    )  # what answers is changed back, whatever rules there are
    sport = identity.ends(identity.inner(way.now))[1]
    asking = BeforeNat(flow_of(way.seen.packet).proto, (src, sport, dst, dport), oif=dev)
    known = back or not _may_be_first(way.seen.packet)
    entry: Entry | None = None if known else tables.masquerade(asking, new)
    note: tuple = ("snat", _place(entry, "POSTROUTING"), new)
    if entry is None or new not in tables.local:
        entry, note = tables.tracked(*identity.flow(identity.inner(way.now))), ("nat-known", src, new)
    after = stacks.changed(way.now, src=new, sport=port)
    way.step(dev, "nat", after, note, entry, hook=hook, looked_up=entry is not None)


def _place(entry: Entry | None, hook: str) -> str:
    """Return where a rule that rewrote an address stands."""
    if isinstance(entry, NftRule):
        return f"table {entry.chain_table}, {entry.chain}"
    return f"table nat, {hook}"


def _may_be_first(packet: Stack) -> bool:
    """Whether a packet may be the first of its connection, for which alone the rules of NAT are asked."""
    tcp = next((header for header in packet if isinstance(header, Tcp)), None)
    return tcp is None or ("S" in tcp.flags and "A" not in tcp.flags)
