"""What a set holds (``-m set``): addresses, addresses with a port, networks, or what other sets hold.

Source: net/netfilter/ipset: ``ip_set_test``, ``mtype_test_cidrs`` of ip_set_hash_gen.h, ``list_set_ktest``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from packetwalk.datapath.fib import Prefixes
from packetwalk.tables import IpSet

if TYPE_CHECKING:
    from packetwalk.datapath.matches import View

PORTS = {"src": "sport", "dst": "dport"}
NO_MATCH = " nomatch"


class Holds(NamedTuple):
    """Whether a set holds what a packet has: ``reads`` are the fields of its view that the answer depends on."""

    reads: tuple[str, ...]
    test: Callable[[View], bool]


NOBODY = Holds((), lambda view: False)


def holds(name: str, ends: tuple[str, ...], sets: Mapping[str, IpSet]) -> Holds:
    """Return the question of a rule to a set; ``ends`` are its ``src`` and ``dst``, one for each dimension.

    Nothing is in a set that is not there, or that has more dimensions than the rule names. ValueError for a type of
    set that is not known.
    """
    found = sets.get(name)
    if found is None:
        return NOBODY
    if found.type == "list:set":
        parts = [holds(member, ends, sets) for member in found.members]
        reads = tuple(dict.fromkeys(field for part in parts for field in part.reads))
        return Holds(reads, lambda view: any(part.test(view) for part in parts))
    if found.type not in KINDS:
        raise ValueError(f"set {name}: type {found.type} is not known")
    return KINDS[found.type](found.members, ends)


def _hosts(members: tuple[str, ...], ends: tuple[str, ...]) -> Holds:
    side, hosts = ends[0], _looked_up(members)
    return Holds((side,), lambda view: getattr(view, side) in hosts)


def _hosts_with_port(members: tuple[str, ...], ends: tuple[str, ...]) -> Holds:
    if len(ends) == 1:
        return NOBODY
    (side, port), known = (ends[0], PORTS[ends[1]]), _looked_up(members)
    return Holds(
        ("protocol", side, port),
        lambda view: f"{getattr(view, side)},{view.protocol}:{getattr(view, port)}" in known,
    )


def _nets(members: tuple[str, ...], ends: tuple[str, ...]) -> Holds:
    """The longest network that holds the address says it, perhaps that it does not (``nomatch``)."""
    side, nets = ends[0], Prefixes[bool]()
    for member in members:
        nets.put(member.removesuffix(NO_MATCH), not member.endswith(NO_MATCH))
    return Holds((side,), lambda view: nets.find(getattr(view, side)) is True)


@lru_cache(maxsize=256)
def _looked_up(members: tuple[str, ...]) -> frozenset[str]:
    """Return members to be looked up; a set of all pods is the same on every node."""
    return frozenset(members)


KINDS: Mapping[str, Callable[[tuple[str, ...], tuple[str, ...]], Holds]] = {
    "hash:ip": _hosts,
    "hash:ip,port": _hosts_with_port,
    "hash:net": _nets,
}
"""The types of sets that rules can ask, but for ``list:set``."""
