"""What releases of a plugin do otherwise, computed from their plans: lines that only one writes, walks that differ."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

from packetwalk.cni import plugin as find_plugin
from packetwalk.cni import plugins
from packetwalk.datapath.netns import Netns
from packetwalk.plan import kube_proxy_releases as proxies
from packetwalk.plan.rules import IPTABLES, NFTABLES
from packetwalk.tables import ChainPolicy, Entry, every_table
from packetwalk.tables.iptables import IPTABLES as FILTERS
from packetwalk.walks.catalogue import ASKED
from packetwalk.walks.scenario import network, scenarios, walk

NODE, BESIDE = "kind-worker", "kube-proxy"
FLAT, UNDERLAYS = "flat", ("flat", "routed")
REFERENCE, OF_A_PORT = ("flannel", "vxlan"), "default/web/tcp/http"
"""The cluster, and the port of a Service in it, on which releases of kube-proxy are set beside each other."""


class ReleaseLine(NamedTuple):
    """A line that only one of two releases writes there: ``place`` is its table, of a rule its chain and number."""

    release: str
    place: str
    line: str
    by: str
    source: str


def several() -> list[tuple[str, str]]:
    """Return (plugin, older release) of all plugins that have one to choose."""
    return [(name, each.name) for name, found in plugins().items() for each in found.releases[1:]]


def lines(plugin: str, mode: str, older: str, underlay: str = FLAT) -> list[ReleaseLine]:
    """Return what only the older or only the newest release writes on a worker, table by table."""
    names = older, find_plugin(plugin).release.name
    sides = [network(plugin, mode, underlay, release=name).fabric.netns(NODE) for name in names]
    out: list[ReleaseLine] = []
    for table in every_table():
        parts = [dict(_parts(side, table)) for side in sides]
        for part in dict.fromkeys(name for each in parts for name in each):
            out += _changed(table is FILTERS, part, names, sides, [each.get(part, []) for each in parts])
    return out


def of_kube_proxy() -> list[ReleaseLine]:
    """Return what only one of two releases of kube-proxy that follow each other writes on a worker, by nftables.

    Of the Services' ports it is the first; each other has such lines too.
    """
    several = sorted(proxies.differing(NFTABLES), key=lambda each: [*map(int, each.number.split("."))])
    written = [_of_release(each) for each in several]
    out: list[ReleaseLine] = []
    for older, newer in pairwise(written):
        out += [line for line, key in older if key not in {other for _, other in newer}]
        out += [line for line, key in newer if key not in {other for _, other in older}]
    return list(dict.fromkeys(out))


def _of_release(release: proxies.ProxyRelease) -> list[tuple[ReleaseLine, tuple[str, str]]]:
    """Return kube-proxy's lines, each with what it is compared by."""
    ns = network(*REFERENCE, rules=NFTABLES, release=release.name).fabric.netns(NODE)
    out = []
    for table in every_table():
        for entry in ns.entries(table):
            by, source = ns.origin.get(entry, ("", ""))
            place = table.part(entry).name.removeprefix("nft/")
            if by == BESIDE and ("/" not in place or OF_A_PORT in place):
                out.append((ReleaseLine(release.number, place, str(entry), by, source), (place, str(entry))))
    return out


def _parts(ns: Netns, table: Any) -> Iterator[tuple[str, list[Entry]]]:
    """Yield a table as a whole, or the rules of iptables chain by chain."""
    every = [entry for entry in ns.entries(table) if not isinstance(entry, ChainPolicy)]
    if table is not FILTERS:
        yield table.name, every
        return
    for chain in dict.fromkeys((rule.chain_table, rule.chain) for rule in every):
        yield " ".join(chain), [rule for rule in every if (rule.chain_table, rule.chain) == chain]


def _changed(
    numbered: bool, part: str, names: tuple[str, str], sides: list[Netns], entries: list[list[Entry]]
) -> Iterator[ReleaseLine]:
    """Yield what differs in one part of a table; where a rule stands among kube-proxy's is part of it."""
    known = [list(_placed(*each)) for each in zip(sides, entries, strict=True)]
    old, new = ([each[:2] for each in side] for side in known)
    for how, *bounds in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for side, (start, stop) in enumerate((bounds[:2], bounds[2:]) if how != "equal" else ()):
            for _, text, at in known[side][start:stop]:
                place = f"{part}, rule {at + 1} of {len(entries[side])}" if numbered else part
                yield ReleaseLine(names[side], place, text, *sides[side].origin[entries[side][at]])


def _placed(ns: Netns, entries: list[Entry]) -> Iterator[tuple[int, str, int]]:
    """Yield of each entry that is not kube-proxy's how many of those stand before it, its text and its place."""
    before = 0
    for at, entry in enumerate(entries):
        if ns.origin[entry][0] == BESIDE:
            before += 1
        else:
            yield before, str(entry), at


@cache
def differing(plugin: str, mode: str, other: str, rules: str = IPTABLES) -> tuple[str, ...]:
    """Return the scenarios in which the packets of a default walk are decided by other lines, or end otherwise."""

    def decided(scenario: str, release: str | None) -> list[tuple]:
        steps = walk(plugin, mode, scenario, rules=rules, release=release).steps
        return [(step.netns, step.event, str(step.entry)) for step in steps]

    return tuple(
        each.name
        for each in scenarios(find_plugin(plugin))
        if each not in ASKED and decided(each.name, other) != decided(each.name, None)
    )


def choosable(plugin: str, mode: str) -> dict[str, tuple[str, ...]]:
    """Return by form of rules the releases that differ in a walk of this mode, the one that is meant first.

    With rules of iptables they are the plugin's, with those of nftables kube-proxy's, which differs there alone.
    """
    found = find_plugin(plugin)
    own, beside = found.releases, proxies.differing(NFTABLES)
    offered = {IPTABLES: [each.name for each in own], NFTABLES: [each.name for each in beside]}
    return {
        rules: (meant, *kept)
        for rules, (meant, *others) in offered.items()
        if rules in found.rules and (kept := [name for name in others if differing(plugin, mode, name, rules)])
    }


def faults(plugin: str, mode: str, release: str | None) -> set[str]:
    """Return the names of the faults that a mode can have in a release."""
    return {fault.name for fault in find_plugin(plugin, release).faults_of(mode)}
