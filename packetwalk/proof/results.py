"""What was proven, where: results of ``packetwalk prove``.

``matrix.json`` and ``guest.json`` are written by ``make proof``, ``page.json`` by ``make proof-page``; never by hand.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from packetwalk.plan.rules import IPTABLES, NFTABLES

HERE = Path(__file__).parent
MATRIX, GUEST, PAGE = HERE / "matrix.json", HERE / "guest.json", HERE / "page.json"
RELEASES = "releases"
WHERE = {
    "kernel": "in the running kernel",
    "guest": "in a guest's kernel, by replay of its recording",
    "emulated": "in the running kernel, a program in place of a device it lacks",
    "replay": "in another machine's kernel, by replay of its recording",
    "kind": "in a real cluster, by replay of its recording",
    "real": "under the real programs in namespaces, by replay of its recording",
    "page": "in the kernel of a page, by an emulated processor",
}
"""Where something was proven, the best first."""
OWN = {"model": "in the model itself, which proves nothing"}
SHORT = {
    "kernel": "in {}",
    "emulated": "in {}, with a stand-in for a device",
    "guest": "in a guest's {}",
    "replay": "by replay",
    "kind": "on a real cluster",
    "real": "under the real programs",
    "page": "in a page",
}


class Result(NamedTuple):
    """What came of one comparison.

    ``what`` is ``tables``, a packet (``cross-node-icmp``) or ``all``; ``verdict`` is ``proven``,
    ``differs`` or ``not here``; ``detail`` the first difference, or the reason; ``rules`` the form of the rules,
    ``release`` the plugin's where that is not the newest; ``once`` what differed the first time, and the second not.
    """

    plugin: str
    mode: str
    fault: str | None
    what: str
    where: str
    verdict: str
    detail: str = ""
    rules: str = IPTABLES
    release: str | None = None
    once: str = ""

    @property
    def form(self) -> str:
        """The mode, with the form of the rules where that is not iptables', and an older release."""
        return ", ".join([self.mode, *([self.rules] if self.rules != IPTABLES else []), *filter(None, [self.release])])

    @property
    def writer(self) -> str:
        """The plugin's own program that wrote a part of the tables (``cross-node-icmp (BIRD: mesh)``), or nothing."""
        return self.what.partition(" (")[2].removesuffix(")")


class Mark(NamedTuple):
    """How a walk was proven: ``where`` is empty when it was not; ``text`` is for people."""

    where: str
    text: str


UNPROVEN = Mark("", "computed, not proven in a kernel")


class Row(NamedTuple):
    """A mode in one place: how many comparisons there were and how many agreed, or why there was none."""

    plugin: str
    mode: str
    where: str
    proven: int
    of: int
    reason: str


def rows(results: Iterable[Result]) -> list[Row]:
    """Return results mode by mode, in their order, the best place first."""
    found: dict[tuple[str, str], dict[str, list[Result]]] = {}
    for each in results:
        found.setdefault((each.plugin, each.form), {}).setdefault(each.where, []).append(each)
    out = []
    for (plugin, mode), places in found.items():
        for where in sorted(places, key=[*WHERE, *OWN, ""].index):
            mine = places[where]
            failed = [each for each in mine if each.verdict != "proven"]
            out.append(Row(plugin, mode, where, len(mine) - len(failed), len(mine), _reason(failed)))
    return out


def _reason(failed: list[Result]) -> str:
    return "; ".join(dict.fromkeys(each.detail for each in failed if each.verdict == "not here"))


def table(results: Iterable[Result]) -> str:
    """Return results as text: a line for each mode and place, below it each difference."""
    every, names = list(results), {**WHERE, **OWN}
    out = []
    for row in rows(every):
        text = f"{row.proven:>4} of {row.of:<4} {names.get(row.where)}"
        if not row.where:
            text = f"   not here: {row.reason}" if row.reason else "   differs"
        out.append(f"{row.plugin:<9}{row.mode:<21}{text}")
        for each in every:
            if (each.plugin, each.form, each.where) == row[:3]:
                out += _told(each)
    return "\n".join(out)


def _told(each: Result) -> Iterator[str]:
    """Yield the line below its mode's: a difference, also one that did not come again."""
    name = " ".join(filter(None, [each.fault, each.what]))
    if each.verdict == "differs":
        yield f"  {name}: {each.detail}"
    elif each.once:
        yield f"  {name}, once and not again: {each.once}"


def guest() -> list[Result]:
    """Return what was proven in a guest's kernel when the recordings of the package were made."""
    return [Result(*each) for each in json.loads(GUEST.read_text())] if GUEST.exists() else []


def page() -> list[Result]:
    """Return what was proven in the kernel of a page; which kernel that was, ``page_kernel`` says."""
    return [Result(*each) for each in _page()["results"]]


def page_kernel() -> str:
    """Return what the kernel was called in which ``page`` was proven; empty when nothing was."""
    return str(_page()["kernel"])


def _page() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(PAGE.read_text()) if PAGE.exists() else {"kernel": "", "results": []}
    return found


@cache
def matrix() -> Mapping[str, Any]:
    """Return what was proven when the package was made: ``kernels`` by place, ``results``, rows for ``nftables`` and older ``releases``."""
    found = json.loads(MATRIX.read_text())
    forms = {name: [Row(*each) for each in found.get(name, ())] for name in (NFTABLES, RELEASES)}
    return {**found, "results": [Result(*each) for each in found["results"]], **forms}


@cache
def _places(plugin: str, mode: str) -> Mapping[str, Mapping[str, int]]:
    """Return how many packets were proven of each walk (``SCENARIO`` or ``SCENARIO+FAULT``), by place."""
    counts: dict[str, dict[str, int]] = {}
    for each in matrix()["results"]:
        if (each.plugin, each.mode, each.verdict) == (plugin, mode, "proven") and each.what != "tables":
            places = counts.setdefault(_walk(_scenario(each.what), each.fault), {})
            places[each.where] = places.get(each.where, 0) + 1
    return counts


def mark(plugin: str, mode: str, scenario: str, fault: str | None = None) -> Mark:
    """Return how a walk was proven; of several places the best one is named."""
    places = _places(plugin, mode).get(_walk(scenario, fault), {})
    for where in WHERE:
        if where in places:
            many = f"{places[where]} packet{'s' * (places[where] != 1)}"
            return Mark(where, f"{many} proven {_short(where)}")
    return UNPROVEN


def _short(where: str) -> str:
    return SHORT[where].format(matrix()["kernels"].get(where, ""))


def together(form: str, plugin: str, mode: str) -> Mark:
    """Return how all walks of a mode together were proven, with rules of nftables or in an older release.

    Of several places the one that proves the least is named.
    """
    rows = [row for row in matrix()[form] if (row.plugin, row.mode) == (plugin, mode) and row.where]
    if not rows:
        return UNPROVEN
    where = max((row.where for row in rows), key=list(WHERE).index)
    agree, of = sum(row.proven for row in rows), sum(row.of for row in rows)
    return Mark(where, f"{agree} of {of} comparisons agree {_short(where)}")


def _walk(scenario: str, fault: str | None) -> str:
    return f"{scenario}+{fault}" if fault else scenario


def _scenario(packet: str) -> str:
    """Return the scenario of a packet's name: ``cross-node-icmp-3000`` is of ``cross-node``."""
    for proto in ("-icmp", "-udp", "-tcp"):
        if proto in packet:
            return packet.partition(proto)[0]
    return packet
