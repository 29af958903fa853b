"""Changes of devices: up, their MTU, their MAC and, of ports, their bridge and their flags, as others of their kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from packetwalk.tables import LinkEntry
from packetwalk.tables.link import LINKS
from packetwalk.tables.neighbour import NEIGHBOURS
from packetwalk.why.asking import Fate
from packetwalk.why.change import Mend
from packetwalk.why.commands import all_added
from packetwalk.why.loading import Loaded
from packetwalk.why.siblings import Deviation, siblings

PORT = (("hairpin", True), ("learning", True), ("isolated", False), ("flood", True))

SEVERAL = 2
"""So many machines that know a device by another MAC are right; one may be wrong."""


def devices(loaded: Loaded, passed: Iterable[str]) -> Iterator[Mend]:
    """Yield devices up, their MTU and, of ports, their flags as on others of their kind."""
    names = [*passed, *(name for name in loaded.plans if name not in passed)]
    for netns in names:
        for link in loaded.fabric.netns(netns).entries(LINKS):
            if not link.up:
                yield Mend(netns, (("ip", "link", "set", link.ifname, "up"),), "it is down")
            for master in _bridges(loaded, netns, link):
                plug = "ip", "link", "set", link.ifname, "master", master
                yield Mend(netns, (plug,), "other cables to pods are ports of it")
            if link.master:
                for flag, usual in PORT:
                    if getattr(link, flag) != usual and (flag != "hairpin" or _hairpins(loaded, netns, link)):
                        words = "bridge", "link", "set", "dev", link.ifname, flag, "on" if usual else "off"
                        yield Mend(netns, (words,), f"{flag} is {'off' if usual else 'on'}")
                if link.state != "forwarding":
                    forwards = "bridge", "link", "set", "dev", link.ifname, "state", "3"
                    yield Mend(netns, (forwards,), f"the port is {link.state}")
    alone: list[Mend] = []
    among: list[Mend] = []
    for netns in names:
        for link in loaded.fabric.netns(netns).entries(LINKS):
            having = _having_mtu(loaded, netns, link)
            for mtu in sorted(having.keys() - {link.mtu}, key=lambda mtu: -having[mtu]):
                changed = "ip", "link", "set", link.ifname, "mtu", str(mtu)
                mend = Mend(netns, (changed,), "others of its kind have this MTU")
                (alone if having[mtu] > having[link.mtu] else among).append(mend)
    yield from (*alone, *among)  # who is one of a few that differ, rather than one of the many


def known_by(failed: Fate, found: Iterable[Deviation]) -> Iterator[Mend]:
    """Yield the MAC to which frames for a device are sent, with what the kernel forgot when it got another."""
    step = failed.step
    link = failed.loaded.fabric.netns(step.netns).links.get(step.dev or "")
    if link is None or not step.note or step.note[0] != "other-mac":
        return
    if sum(_knows(failed.loaded, netns, step.note[1]) for netns in failed.loaded.plans) < SEVERAL:
        return
    gone = [each for each in found if each.missing and getattr(each.entry, "dev", "") == link.ifname]
    addressed = "ip", "link", "set", link.ifname, "address", str(step.note[1])
    yield Mend(step.netns, (addressed, *all_added(gone)), "others know it by this MAC")
    yield Mend(step.netns, (addressed,), "others know it by this MAC")


def _knows(loaded: Loaded, netns: str, mac: str) -> bool:
    """Say whether somebody wrote down a MAC in a machine."""
    known = loaded.fabric.netns(netns).entries(NEIGHBOURS)
    return any(each.lladdr == mac and each.state == "PERMANENT" for each in known)


def _bridges(loaded: Loaded, netns: str, link: LinkEntry) -> list[str]:
    """Return the bridges of which a cable to a pod would be a port, as others here and on other machines are."""
    if link.master or not link.peer or loaded.plans[link.peer[0]].kind != "pod":
        return []
    here = loaded.fabric.netns(netns).links
    masters = {
        each.master: None
        for name in (netns, *siblings(loaded, netns))
        for each in loaded.fabric.netns(name).entries(LINKS)
        if each.kind == "veth" and each.master in here
    }
    return [str(each) for each in masters]


def _hairpins(loaded: Loaded, netns: str, link: LinkEntry) -> bool:
    """Say whether a port of the same kind has it on, here or on another machine."""
    return any(
        each.hairpin
        for name in (netns, *siblings(loaded, netns))
        for each in loaded.fabric.netns(name).entries(LINKS)
        if each.master == link.master
    )


def _having_mtu(loaded: Loaded, netns: str, link: LinkEntry) -> Counter[int]:
    """Return how many other devices like one have which MTU."""
    found: Counter[int] = Counter()
    for name in (netns, *siblings(loaded, netns)):
        for each in loaded.fabric.netns(name).entries(LINKS):
            like = each.ifname == link.ifname or (
                link.kind == "veth" and (each.kind, each.master) == link[1:5:3]
            )
            if like and (name, each.ifname) != (netns, link.ifname):
                found[each.mtu] += 1
    return found
