"""The walks behind the choices of a player in a static page: made ahead, none scripted.

A page holds its own walk; each other scenario or fault is a file that is fetched when a reader asks
for it: ``<plugin>/<mode>/<scenario>/<fault or none>.json.gz``. What users ask for (``ASKED``)
has its own packet there, and one of each fault that shows in it; a player that opens with such a scenario, a Service,
or a way to or from a node or the outside, offers those with the same protocol. ``<plugin>/<mode>/cross-node/sizes.json.gz``
holds the packets whose sizes only the other modes offer; ``<plugin>/<mode>/shared.json.gz`` what many
of the mode's files have in common, those of other releases among them. ``<plugin>/vxlan/nftables/`` has a packet of each protocol once more, with nothing broken
and with rules as tables of nftables, where the plugin can write them; ``<plugin>/<mode>/<release>/`` the same of another
release of the plugin, ``<plugin>/<mode>/nftables/<release>/`` of another kube-proxy, where it is walked otherwise. The files are packed (see `pack`) and compressed here, because not every
server does it and the player can undo it. ``index.json`` lists the modes, so that a player can set others
beside the one it plays.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import NamedTuple, Unpack

from packetwalk.cni import Scenario, plugins
from packetwalk.cni import plugin as find_plugin
from packetwalk.plan.rules import IPTABLES, NFTABLES
from packetwalk.proof import results as proof
from packetwalk.trace.packet import PING, Packet, PacketOptions
from packetwalk.walks.catalogue import ASKED, SCENARIOS
from packetwalk.walks.linux import HOLDS_FOR, linux_network, walk_linux
from packetwalk.walks.listing import ListingMemo
from packetwalk.walks.releases import choosable
from packetwalk.walks.scenario import scenarios, walk
from packetwalk.walks.walk import Walk
from packetwalk.widgets.pack import pack_apart

LONG = 4000
LINUX = "linux"
COMPARED = "cross-node"
SHARED = "shared"
UNDISTURBED = ("same-node", "cross-node", "cross-subnet")
"""Scenarios whose players offer none of what users ask for: they are about the way from pod to pod."""


class Choice(NamedTuple):
    """A scenario or a fault as the player offers it; ``packet`` is the one that shows it best."""

    name: str
    title: str
    shows: tuple[str, ...] = ()
    packet: Packet = Packet()


class Offer(NamedTuple):
    """All that a player can choose for one mode, and the function that walks a choice.

    ``knobs`` are the controls that a small figure has, of ``way``, ``break``, ``cold``, ``size`` and ``df``; none: all.
    """

    plugin: str
    mode: str
    holds_for: str
    protos: tuple[str, ...]
    fits: int
    scenarios: tuple[Choice, ...]
    faults: tuple[Choice, ...]
    walk: Callable[..., Walk]
    rules: tuple[str, ...] = (IPTABLES,)
    releases: Mapping[str, tuple[str, ...]] = {}
    knobs: tuple[str, ...] = ()


def offer(
    plugin: str, mode: str, rules: str = IPTABLES, release: str | None = None, opens: str = ""
) -> Offer:
    """Return what there is to choose, walked with ``rules`` and in a release; BadInput for a name that does not exist.

    A player that ``opens`` with a scenario that users ask for offers those like it too.
    """
    if plugin == LINUX:
        found = linux_network(mode)
        trips = tuple(Choice(t.name, t.title) for t in found.trips)
        names = tuple(t.name for t in found.trips)
        variants = tuple(Choice(v.name, v.title, names) for v in found.variants)

        def walk_trip(scenario: str, fault: str | None, **packet: Unpack[PacketOptions]) -> Walk:
            return walk_linux(mode, scenario, variant=fault, **packet)

        told = {"way": len(trips) > 1, "break": bool(variants), "cold": found.cold}
        knobs = tuple(name for name, there in told.items() if there) or ("size", "df")
        return Offer(LINUX, mode, HOLDS_FOR, ("icmp",), found.fits, trips, variants, walk_trip, knobs=knobs)
    known = find_plugin(plugin, release)
    chosen = known.mode(mode)
    faults = tuple(Choice(f.name, f.title, f.shows, Packet.of({}, f.packet)) for f in known.faults_of(mode))

    def walk_mode(scenario: str, fault: str | None, **packet: Unpack[PacketOptions]) -> Walk:
        return walk(plugin, mode, scenario, fault=fault, rules=rules, release=release, **packet)

    return Offer(
        plugin,
        mode,
        known.version,
        ("icmp", "udp", "tcp"),
        chosen.fits(1500) - 28,
        tuple(Choice(s.name, s.title) for s in scenarios(known) if s not in ASKED or s in like(opens)),
        faults,
        walk_mode,
        known.rules,
        choosable(plugin, mode),
    )


def like(name: str) -> list[Scenario]:
    """Return the scenarios that users ask for as they ask for this one, by ping or by a port, where it leads to them."""
    pings = {
        each.proto == "icmp" for each in (*SCENARIOS, *ASKED) if each.name == name and name not in UNDISTURBED
    }
    return [scenario for scenario in ASKED if (scenario.proto == "icmp") in pings]


def catalogue(of: Offer) -> dict:
    """Return the choices as the player reads them."""
    sizes, offered = _sizes(of), {s.name for s in of.scenarios}
    plain = [{"size": size, "label": label} for size, label in sizes.items()]
    return {
        "plugin": of.plugin,
        "mode": of.mode,
        "holds_for": of.holds_for,
        "scenarios": [{"name": s.name, "title": s.title} for s in of.scenarios],
        "protos": list(of.protos),
        "sizes": {
            proto: [{"size": 0, "label": "no data, as a SYN has"}] if proto == "tcp" else plain
            for proto in of.protos
        },
        "faults": [
            {
                "name": f.name,
                "title": f.title,
                "scenarios": [name for name in f.shows if name in offered],
                "size": f.packet.size,
                "df": f.packet.df,
                "cold": f.packet.cold,
            }
            for f in of.faults
        ],
        "proof": _proof(of),
        **({"rules": list(of.rules)} if len(of.rules) > 1 else {}),
        **({"releases": {rules: list(names) for rules, names in of.releases.items()}} if of.releases else {}),
        **({"knobs": list(of.knobs)} if of.knobs else {}),
    }


def _proof(of: Offer) -> dict[str, dict[str, str]]:
    """Return how each walk was proven, by ``SCENARIO`` or ``SCENARIO+FAULT``; with nftables or of a release all together."""
    walks: list[tuple[str, str | None]] = [(s.name, None) for s in of.scenarios]
    offered = {s.name for s in of.scenarios}
    walks += [(name, f.name) for f in of.faults for name in f.shows if name in offered]
    marks = {"+".join(filter(None, each)): proof.mark(of.plugin, of.mode, *each) for each in walks}
    if NFTABLES in of.rules:
        marks[NFTABLES] = proof.together(NFTABLES, of.plugin, of.mode)
    for rules, (_, *others) in of.releases.items():
        form = of.mode if rules == IPTABLES else f"{of.mode}, {rules}"
        for release in others:
            marks[release] = proof.together(proof.RELEASES, of.plugin, f"{form}, {release}")
    return {name: mark._asdict() for name, mark in marks.items()}


def _sizes(of: Offer) -> dict[int, str]:
    special = {f.packet.size: f"{f.packet.size} B" for f in of.faults if f.packet.size != PING}
    return dict(
        sorted(
            {
                **special,
                PING: f"{PING} B, a default ping",
                of.fits: f"{of.fits} B, the largest that fits",
                of.fits + 1: f"{of.fits + 1} B, one too many",
                LONG: f"{LONG} B",
            }.items()
        )
    )


def key(packet: Packet) -> str:
    """Return the name of a walk in its file."""
    return f"{packet.proto}/{packet.size}/{int(packet.df)}/{int(packet.cold)}"


def packets(of: Offer, fault: Choice | None) -> Iterator[PacketOptions]:
    """Yield the packets that are made ahead for one scenario.

    Without a fault every size, with one the default ping and the packet that shows it best; DF on
    and off; a cold start for the default ping.
    """
    sizes = list(_sizes(of)) if fault is None else sorted({PING, fault.packet.size})
    for proto in of.protos:
        if proto == "tcp":
            yield from (PacketOptions(proto=proto, cold=cold) for cold in (False, True))
            continue
        for size in sizes:
            for df in (False, True):
                yield PacketOptions(proto=proto, size=size, df=df, cold=False)
        yield PacketOptions(proto=proto, size=PING, df=False, cold=True)


def write_choices(plugin: str, mode: str, out_dir: Path | str, compress: Callable[[bytes], bytes]) -> list[Path]:
    """Write all choice files of one mode below ``out_dir``, each as ``compress`` makes gzip of it; return their paths."""
    out, of = Path(out_dir), offer(plugin, mode)
    made = {out: choices(of)}
    made |= {out / rules: usual(offer(plugin, mode, rules)) for rules in of.rules[1:]}
    written = []
    for rules, (folder, contents) in zip(of.rules, made.items(), strict=True):
        shared, own = pack_apart(chain(contents, other_releases(of, rules)))
        files = {**own, SHARED: shared}
        written += [_write(folder / f"{name}.json.gz", each, compress) for name, each in files.items()]
    return written


def usual(of: Offer) -> Iterator[tuple[str, dict]]:
    """Yield a file for each scenario with nothing broken: of each protocol the default packet."""
    memo = ListingMemo()
    for scenario in of.scenarios:
        walks = [of.walk(scenario.name, None, proto=proto) for proto in of.protos]
        yield f"{scenario.name}/none", {"walks": {key(walk.packet): walk.to_json(memo) for walk in walks}}


def other_releases(of: Offer, rules: str) -> Iterator[tuple[str, dict]]:
    """Yield the usual files of each release that can be chosen with these rules, in a folder with its name."""
    for release in of.releases.get(rules, ())[1:]:
        for name, content in usual(offer(of.plugin, of.mode, rules, release)):
            yield f"{release}/{name}", content


def choices(of: Offer) -> Iterator[tuple[str, dict]]:
    """Yield what each choice file of a mode holds, with its name; what is the same is the same object."""
    memo = ListingMemo()

    def content(scenario: str, fault: str | None, sent: Iterable[PacketOptions]) -> dict:
        walks = (of.walk(scenario, fault, **packet) for packet in sent)
        return {"walks": {key(walk.packet): walk.to_json(memo) for walk in walks}}

    for scenario in of.scenarios:
        yield f"{scenario.name}/none", content(scenario.name, None, packets(of, None))
        for fault in of.faults:
            if scenario.name in fault.shows:
                yield f"{scenario.name}/{fault.name}", content(scenario.name, fault.name, packets(of, fault))
    for asked in ASKED if of.plugin != LINUX else ():
        yield f"{asked.name}/none", content(asked.name, None, [{}])
        for fault in of.faults:
            if asked.name in fault.shows:
                yield f"{asked.name}/{fault.name}", content(asked.name, fault.name, [{}])
    if of.plugin != LINUX:
        yield f"{COMPARED}/sizes", content(COMPARED, None, sizes_of_others(of))


def _write(path: Path, packed: dict, compress: Callable[[bytes], bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(packed, separators=(",", ":"))
    path.write_bytes(compress(text.encode()))
    return path


def sizes_of_others(of: Offer) -> list[PacketOptions]:
    """Return the packets whose sizes other modes offer and this one does not."""
    offered = {size for pair in modes() for size in _sizes(offer(*pair))}
    return [
        PacketOptions(proto=proto, size=size, df=df, cold=False)
        for proto in of.protos
        if proto != "tcp"
        for size in sorted(offered - _sizes(of).keys())
        for df in (False, True)
    ]


def modes() -> list[tuple[str, str]]:
    """Return every (plugin, mode) there is, without the small networks of Linux."""
    return [(known.name, mode.name) for known in plugins().values() for mode in known.modes]


def index(pairs: list[tuple[str, str]] | None = None) -> list[dict]:
    """Return what a player needs to offer other modes: their names, titles and scenarios."""
    listed = []
    for plugin, mode in modes() if pairs is None else pairs:
        of = offer(plugin, mode)
        listed.append(
            {
                "plugin": plugin,
                "mode": mode,
                "title": find_plugin(plugin).mode(mode).title,
                "holds_for": of.holds_for,
                "scenarios": [s.name for s in scenarios(find_plugin(plugin))],
            }
        )
    return listed


def write_index(out_dir: Path | str) -> Path:
    """Write ``index.json``: the modes whose walks are in ``out_dir``; return its path."""
    out = Path(out_dir)
    there = [(plugin, mode) for plugin, mode in modes() if (out / plugin / mode).is_dir()]
    path = out / "index.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(index(there), separators=(",", ":")))
    return path
