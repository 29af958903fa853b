"""The same packet at its next tap: what happened to it in between."""

from __future__ import annotations

from packetwalk import wire
from packetwalk.capture import identity
from packetwalk.capture.links import Link, Seen
from packetwalk.capture.stitch import explain, stacks, tunnel
from packetwalk.capture.stitch.work import BROADCAST, Work, flow_of
from packetwalk.tables import Entry
from packetwalk.wire import Ipv4


def follow(work: Work, k: int, link: Link) -> int:
    """Tell what lies between a frame and its packet's sighting before; return the number of its journey."""
    assert link.before is not None
    seen, then = work.seen[k], work.seen[link.before]
    where = work.at[link.before].journey
    if link.how == "cable":
        shared = [n for n in work.after[link.before] if n < k]
        return _copy(work, where, seen) if shared else where
    if link.how == "copy":
        return _copy(work, where, seen)
    netns, tables = seen.frame.netns, work.tables[seen.frame.netns]
    if link.how in ("cut", "recut") and any(n < k for n in work.after[link.before]):
        return _fragment(work, k, link.before)
    if link.how == "recut":
        _gather(work, where, k, link.before)
    if link.how == "whole":
        whole = work.linker.whole(link.before) or seen.packet
        note = ("reassembled", wire.size(whole))
        work.step(where, netns, then.frame.dev, "reassemble", stacks.within(then, whole), note)
    bridge = _bridged(work, then, seen)
    if bridge:
        _rewrite(work, where, netns, bridge, then, seen, "PREROUTING", keep=True)
        note, entry = _switched(work, bridge, then, seen, k)
        work.step(where, netns, bridge, "fdb", work.now(where), note, entry, looked_up=entry is not None)
        return where
    cut = link.how in ("cut", "recut")
    goal = work.linker.whole(k) if cut else seen.stack
    inside, now = identity.wrapped(work.now(where)), identity.wrapped(goal)
    if seen.coming or (then.coming and inside and not now):
        tunnel.unwrap(work, where, then, seen, hidden=link.how == "hidden")
    elif (then.coming and now and not inside) or (
        tables.kind(then.frame.dev) != "bridge" and not then.coming
    ):
        tunnel.wrap(work, where, then, k, cut=cut, hidden=link.how == "hidden")
    else:
        _forward(work, where, then, seen, cut=cut, k=k)
    return where


def _gather(work: Work, where: int, k: int, last: int) -> None:
    """Say that fragments were put together, although no tap saw the whole packet."""
    frame = work.seen[last].frame
    whole = work.linker.whole(last)
    if whole:
        stack = stacks.within(work.seen[last], whole)
        work.step(where, frame.netns, frame.dev, "reassemble", stack, ("reassembled", wire.size(whole)))


def _copy(work: Work, where: int, seen: Seen) -> int:
    """Begin the journey of a copy, as a bridge or a wire makes it."""
    return work.begin("copy", seen.packet, work.last(where, "fdb", "egress"))


def _fragment(work: Work, k: int, before: int) -> int:
    """Begin the journey of a second or later fragment."""
    seen = work.seen[k]
    first = work.at[min(work.after[before])].journey
    where = work.begin("fragment", seen.packet, work.before_cut(first))
    work.step(
        where, seen.frame.netns, seen.frame.dev, "fragment", stacks.bare(seen.stack), explain.cut(work, k)
    )
    explain.address(work, where, seen.frame.netns, seen)
    return where


def _bridged(work: Work, then: Seen, seen: Seen) -> str | None:
    """Return the bridge that took the frame from one tap to the other, or None."""
    tables = work.tables[seen.frame.netns]
    one, other = (
        each.frame.dev if tables.kind(each.frame.dev) == "bridge" else tables.master(each.frame.dev)
        for each in (then, seen)
    )
    same = one is not None and one == other
    return one if same and (then.coming or tables.kind(then.frame.dev) == "bridge") else None


def _switched(work: Work, bridge: str, then: Seen, seen: Seen, k: int) -> tuple[tuple, Entry | None]:
    """Return note and entry of a bridge's decision."""
    tables, mac = work.tables[seen.frame.netns], seen.stack[0].dst
    entry = tables.owner(mac, bridge)
    ports = [work.seen[n].frame.dev for n in work.after[work.links[k].before or 0]]
    if mac == BROADCAST or len(ports) > 1:
        return ("bridge-flood", mac, ", ".join(ports)), None
    if tables.kind(seen.frame.dev) == "bridge":
        return ("bridge-up", mac), entry
    return ("bridge-port", mac, seen.frame.dev), entry


def _rewrite(
    work: Work, where: int, netns: str, dev: str | None, then: Seen, seen: Seen, hook: str, *, keep: bool
) -> None:
    """Say that an address was rewritten, if it was; ``keep`` is for a frame that is not routed here."""
    now = identity.inner(work.now(where))
    goal = seen.packet
    if not now or not goal or not isinstance(now[0], Ipv4) or not isinstance(goal[0], Ipv4):
        return
    src, sport, dst, dport = identity.ends(now)
    new_src, new_sport, new_dst, new_dport = identity.ends(goal)
    tables, after = work.tables[netns], work.now(where)
    back = any(j.name in ("request", "reply") and identity.answers(goal, j.packet) for j in work.journeys)
    if hook == "PREROUTING" and (dst, dport) != (new_dst, new_dport):
        after = stacks.changed(after, dst=new_dst, dport=new_dport)
        rule: Entry | None = tables.translation(flow_of(goal).proto, new_dst, new_dport)
        note = ("dnat", "table nat, PREROUTING", f"{new_dst}:{new_dport}" if new_dport else new_dst)
        if rule is None:
            rule, note = tables.connection(dst, new_dst), ("nat-known", dst, new_dst)
        work.step(where, netns, dev, "nat", after, note, rule, hook=hook, looked_up=rule is not None)
    if (hook == "POSTROUTING" or keep or back) and (src, sport) != (new_src, new_sport):
        after = stacks.changed(work.now(where), src=new_src, sport=new_sport)
        rule = tables.masquerade(src, new_dst)
        note = ("snat", "table nat, POSTROUTING", new_src)
        if rule is None or new_src not in tables.local:
            rule, note = tables.connection(src, new_src), ("nat-known", src, new_src)
        work.step(where, netns, dev, "nat", after, note, rule, hook=hook, looked_up=rule is not None)


def _forward(work: Work, where: int, then: Seen, seen: Seen, *, cut: bool, k: int) -> None:
    """Tell how IP passed a packet on: addresses rewritten, route, TTL, neighbour."""
    netns, dev = seen.frame.netns, seen.frame.dev
    _rewrite(work, where, netns, then.frame.dev, then, seen, "PREROUTING", keep=False)
    if then.coming:
        explain.route(work, where, netns, dev, work.now(where))
        now, goal = identity.inner(work.now(where)), seen.packet
        if now and goal and isinstance(now[0], Ipv4) and now[0].ttl != goal[0].ttl:
            after = stacks.changed(work.now(where), ttl=goal[0].ttl)
            entry = work.tables[netns].forwarding_on
            work.step(where, netns, None, "forward", after, ("forward", now[0].ttl, goal[0].ttl), entry)
    _rewrite(work, where, netns, dev, then, seen, "POSTROUTING", keep=False)
    if cut:
        work.step(
            where, netns, dev, "fragment", stacks.kept(work.now(where), seen.stack), explain.cut(work, k)
        )
    explain.address(work, where, netns, seen)
