"""What is told of packets that a kernel or a card cut (TSO, GSO, UDP_SEGMENT), or put together (GRO)."""

from __future__ import annotations

from packetwalk import wire
from packetwalk.capture.links.sighting import Link
from packetwalk.capture.stitch import explain, stacks
from packetwalk.capture.stitch.passage import Passage
from packetwalk.capture.stitch.work import Work


def later(work: Work, k: int, before: int) -> int:
    """Begin the journey of a packet whose first bytes another has carried on; return its number."""
    seen, then = work.seen[k], work.seen[before]
    cause = work.journeys.at(work.at[before].journey, then.frame.netns, then.frame.dev)
    where = work.journeys.begin("data", seen.packet, cause)
    if not seen.coming:
        explain.address(work, where, seen.frame.netns, seen)
    return where


def merged(work: Work, k: int, link: Link) -> None:
    """Say of the packets that were put together with another that they go on as one."""
    seen = work.seen[k]
    for other in link.others:
        if work.after[other][0] == k:
            where = work.at[other].journey
            note = "merged-into", seen.frame.dev
            work.step(where, seen.frame.netns, seen.frame.dev, "reassemble", seen.stack, note)
            work.journeys[where].end = "delivered"


def by_wire(work: Work, where: int, k: int, link: Link, before: int) -> None:
    """Say that a packet came over a wire in another form than it left in."""
    seen, then = work.seen[k], work.seen[before]
    if link.others:
        note: tuple = "merged-before", len(link.others) + 1, wire.size(stacks.bare(seen.stack)), seen.frame.dev
        return work.step(where, seen.frame.netns, seen.frame.dev, "reassemble", seen.stack, note)
    note = "segmented-behind", wire.size(stacks.bare(then.stack)), then.frame.dev, _pieces(work, k, before)
    return work.step(where, then.frame.netns, then.frame.dev, "fragment", seen.stack, note)


def inside(way: Passage) -> None:
    """Say that a namespace cut a packet or put it together, if it did."""
    if way.how != "segment":
        return
    size, dev = wire.size(stacks.bare(way.now)), way.seen.frame.dev
    if others := way.work.links[way.k].others:
        whole = wire.size(stacks.bare(way.seen.stack))
        return way.step(dev, "reassemble", way.seen.stack, ("merged", len(others) + 1, whole, dev))
    note = "segmented", size, dev, _pieces(way.work, way.k, way.before)
    return way.step(dev, "fragment", stacks.kept(way.now, way.seen.stack), note)


def _pieces(work: Work, k: int, before: int) -> int:
    """Return of how many packets one was seen where it was cut."""
    here = work.seen[k].frame.netns, work.seen[k].tap
    return sum((work.seen[n].frame.netns, work.seen[n].tap) == here for n in work.after[before])
