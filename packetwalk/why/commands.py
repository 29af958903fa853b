"""The commands that take a line away, and those that add one at its place."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from packetwalk.datapath.netns import Netns
from packetwalk.tables import (
    Entry,
    FdbEntry,
    IpRule,
    IptablesRule,
    NeighEntry,
    NftChain,
    NftRule,
    NftTable,
    RouteEntry,
    SysctlEntry,
)
from packetwalk.tables.nftables import RULESET
from packetwalk.tables.sysctl import OF_DEVICE
from packetwalk.why.siblings import Deviation

Commands = tuple[tuple[str, ...], ...]


def taken(entry: Entry, ns: Netns) -> Commands:
    """Return the commands that take a line away; none for what is not taken away."""
    match entry:
        case RouteEntry(protocol="kernel", prefsrc=str(own)) if entry.type == "unicast":
            of = next((each for each in ns.addrs if (each.local, each.dev) == (own, entry.dev)), None)
            return (("ip", "addr", "del", f"{own}/{of.prefixlen}", "dev", entry.dev),) if of else ()
        case NftTable():
            return (("nft", "delete", "table", *entry.chain_table.split(" ")),)
        case NftChain():
            return (("nft", "delete", "chain", *entry.chain_table.split(" "), entry.chain),)
        case NftRule():  # one alone goes by a handle, which nobody prints: the chain is written anew without it
            chain = [
                each for each in ns.entries(RULESET) if isinstance(each, NftRule) and each[:2] == entry[:2]
            ]
            others = [words for each in chain if each != entry for words in each.argv()]
            flushed = "nft", "flush", "chain", *entry.chain_table.split(" "), entry.chain
            return (flushed, *map(tuple, others))
        case RouteEntry():
            table = [] if entry.table == "main" else ["table", entry.table]
            return (("ip", "route", "del", *entry.words, *table),)
        case NeighEntry():
            return (("ip", "neigh", "del", entry.dst, "dev", entry.dev),)
        case FdbEntry():
            target = ["master"] if entry.master else [*(["dst", entry.dst] if entry.dst else []), "self"]
            return (("bridge", "fdb", "del", entry.mac, "dev", entry.ifname, *target),)
        case IpRule() | IptablesRule():
            words = entry.argv()[0]
            turned = {"add": "del", "-A": "-D", "-I": "-D"}
            joined = shlex.split(" ".join(words)) if isinstance(entry, IptablesRule) else words
            return (tuple(turned.get(word, word) for word in joined),)
    return ()


def added(deviation: Deviation) -> Commands:
    """Return the command that adds a line, at its place."""
    entry = deviation.entry
    if isinstance(entry, RouteEntry):
        words = entry.argv()[0]
        return (("ip", "route", "replace", *words[3:]),)
    if isinstance(entry, IptablesRule):
        _, *words = shlex.split(str(entry))
        target = "iptables", "-t", entry.chain_table
        made = [(*target, "-N", entry.chain)] if deviation.place is None else []
        return (*made, (*target, "-I", entry.chain, str((deviation.place or 0) + 1), *words[1:]))
    if isinstance(entry, SysctlEntry):
        return (("sysctl", "-w", f"{written(entry.key)}={entry.value}"),)
    return tuple(tuple(words) for words in entry.argv())


def all_added(several: Iterable[Deviation]) -> Commands:
    """Return the commands that add lines: chains first, then the last rules first, so that no place moves."""
    commands = [command for each in several for command in added(each)]
    chains = [words for words in commands if "-N" in words]
    rules = [words for words in commands if words[0] == "iptables" and "-I" in words]
    others = [words for words in commands if words not in (*chains, *rules)]
    return tuple(dict.fromkeys([*others, *chains, *reversed(rules)]))


def written(key: str) -> str:
    """Return a setting's name as ``sysctl`` takes it also where a device has a dot in its own: with slashes."""
    of_device = OF_DEVICE.fullmatch(key)
    return (
        "/".join(("net", "ipv4", "conf", *of_device.groups())) if of_device and "." in of_device[1] else key
    )
