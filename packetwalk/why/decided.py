"""Changes of the line that decided: what others have in its place, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from packetwalk.datapath.netns import Netns
from packetwalk.tables import (
    AddrEntry,
    ChainPolicy,
    Entry,
    FdbEntry,
    LinkEntry,
    NeighEntry,
    NftChain,
    RouteEntry,
    SysctlEntry,
)
from packetwalk.why.change import Mend
from packetwalk.why.commands import added, taken
from packetwalk.why.like_others import reason
from packetwalk.why.siblings import Deviation


def in_place_of(ns: Netns, entry: Entry, found: Iterable[Deviation]) -> Iterator[Mend]:
    """Yield what others have in a line's place: the same device, chain or goal."""
    for each in found:
        goal = _goal(entry)
        if (
            each.missing
            and type(each.entry) is type(entry)
            and goal is not None
            and _goal(each.entry) == goal
        ):
            gone = taken(entry, ns)
            yield Mend(ns.name, (*gone, *added(each)), reason(each))


def _goal(entry: Entry) -> object:
    match entry:
        case RouteEntry():
            return entry.dst, entry.table
        case NeighEntry():
            return entry.dst, entry.dev
        case FdbEntry():
            return entry.mac, entry.ifname
        case SysctlEntry():
            return entry.key
        case ChainPolicy():
            return entry.chain_table, entry.chain
    return None


def without(ns: Netns, entry: Entry) -> Iterator[Mend]:
    """Yield the way to take a line away, or to turn a policy or setting."""
    if isinstance(entry, ChainPolicy) and entry.target != "ACCEPT":
        accepting = "iptables", "-t", entry.chain_table, "-P", entry.chain, "ACCEPT"
        yield Mend(ns.name, (accepting,), "the chain's policy refused it", line=entry)
    elif isinstance(entry, NftChain):
        if entry.target == "DROP":
            turned = "nft", "add", "chain", *entry.chain_table.split(" "), entry.chain, "{ policy accept ; }"
            yield Mend(ns.name, (turned,), "the chain's policy refused it", line=entry)
    elif not isinstance(entry, ChainPolicy | LinkEntry | SysctlEntry | AddrEntry):
        gone = taken(entry, ns)
        if gone:
            yield Mend(ns.name, gone, "the line that decided", line=entry)
