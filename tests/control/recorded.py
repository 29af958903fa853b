"""Recorded timelines of Calico's mesh, and the same deeds done in virtual time."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from packetwalk.control import probe
from packetwalk.control.deeds import PlannedDeed, read
from packetwalk.control.running import timeline
from packetwalk.control.timeline import SECOND, LineChange, Message, Timeline
from packetwalk.tables import RouteEntry
from packetwalk.walks.network import Network
from tests.proof.real.recording import SETUPS, RealCluster

FILE = Path(__file__).parents[1] / "recordings" / "timelines" / "calico-3.33-bgp-mesh.json.gz"
EVERY = 0.2  # seconds from ping to ping
DECONFIGURED = "NOTIFICATION 6/3"
AT_ONCE = (
    0.02  # seconds: a route that goes and comes again in the same form, within so much, was written anew
)


class Experiment(NamedTuple):
    """A recording and the verbs of its deeds in order; ``within`` are seconds that BIRD's timers leave open."""

    name: str
    verbs: tuple[str, ...]
    within: float = 2.5
    up: int = 140
    ended: frozenset[str] = frozenset()
    later: float = 3  # seconds that the virtual one goes on after the last that was recorded
    watched: tuple[str, ...] = ("n1", "n2", "n3")  # where routes were listened to
    before: tuple[str, ...] = ()  # deeds that made the cluster what it was
    lead: float = 0  # seconds from the first of them to the recording's begin: fitted (test_recorded, FITTED)
    apart: tuple[int, ...] = (0, 0, 0)  # microseconds from node to node of a deed that is done to all

    @property
    def kept(self) -> dict[str, Any]:
        """What was recorded."""
        return recordings()[self.name]


@cache
def recordings() -> dict[str, dict[str, Any]]:
    """Return all recorded timelines by name."""
    return json.loads(gzip.decompress(FILE.read_bytes()))


@cache
def cluster(more: bool = False) -> Network:
    """Return the recorded cluster by the plan; with the two pods ``more`` that n2 had for a while."""
    setup = SETUPS["calico-3.33-bgp-mesh"]
    pods = {**setup.pods, **({"p2c": "n2", "p2d": "n2"} if more else {})}
    return Network(RealCluster(setup._replace(pods=pods)), setup.plugin, setup.mode)


EXPERIMENTS = (
    Experiment("10-bgp-session-n3-starts", ("start n3",), up=10, ended=frozenset({"n3"})),
    Experiment("11-bgp-when-a-pod-starts", ("pod p2b", "", "pod p1b", ""), 0.3),
    Experiment("12-bgp-when-a-pod-goes", ("pod-ends p2b", "", ""), watched=("n1", "n3")),
    Experiment("15-pod-ready-time", ("pod p2d", ""), 0.5, watched=("n1",)),
    Experiment("40-bird-n2-killed-9", ("kill n2", "start n2"), watched=("n1", "n2")),
    Experiment("41-bird-n2-killed-9-restarted-1s", ("kill n2", "start n2")),
    Experiment("42-bird-n2-sigterm", ("stop n2", "", "start n2"), watched=("n1", "n2")),
    Experiment("44-mesh-disabled", ("mesh off", "mesh on")),
    Experiment("45-link-n2-down-275s", ("cut n2", "mend n2"), 30, later=10, watched=("n1", "n2")),
    Experiment("46-programclusterroutes-felix", ("bird-writes off", "felix-writes", "stop n2", "start n2"), watched=("n1", "n2")),
    Experiment("48-felix-back-to-default", ("felix-writes off",), 0.3, watched=("n1",), lead=119.483, before=(
        "0 bird-writes off", "16 felix-writes", "40 stop n3", "40.72 start n3", "60 bird-writes on")),
    Experiment("50-route-reflector", ("reflector n1", "peering", "mesh off")),
    Experiment("54-node-object-deleted", ("delete n3",), later=11, watched=("n1",)),
    Experiment("55-link-n2-down-60s", ("cut n2", "mend n2"), 60),
    Experiment("57-bird-n1-restarted-while-n2-is-dead", ("cut n2", "kill n1", "start n1", "mend n2"), 10, later=0.1),
    Experiment("58-routes-deleted-by-hand", ("route-del n1 10.244.217.0/26", "route-del n1 10.244.40.128", "route-del n1 10.244.40.128/26")),
    Experiment("59-bird-sigterm-on-all-nodes", ("stop", "start"), apart=(0, 40, 70)),
    Experiment("61-one-peer-missing-without-R", ("start-without-R n1",), ended=frozenset({"n1", "n2", "n3"})),
    Experiment("62-bird-killed-on-all-nodes", ("kill", "start")),
    Experiment("63-reflector-peers-first", ("peering", "reflector n1", "mesh off"), 5.2, watched=("n1", "n2")),
)  # fmt: skip


def did(each: Experiment) -> Timeline:
    """Return the deeds of an experiment, at their recorded times, in virtual time."""
    said_at = [at["t"] for at in each.kept["timeline"] if at["event"].startswith("***")]
    assert len(said_at) == len(each.verbs), (each.name, said_at)
    deeds = []
    for at, verb in zip(said_at, each.verbs, strict=True):
        words = verb.split()
        everywhere = len(words) == 1 and words[0] in ("kill", "stop", "start")
        for number, more in enumerate((["n1"], ["n2"], ["n3"]) if everywhere else ([],)):
            when = round((at + each.lead) * SECOND) + each.apart[number]
            deeds.append(PlannedDeed(when, *_split([*words, *more]))) if words else None
    if each.name.startswith("61"):
        deeds.append(PlannedDeed(0, "start-without-R", ("n2",)))
    last = max(at["t"] for at in each.kept["timeline"])
    until = round((last + each.later + each.lead) * SECOND)
    every = (*read(each.before), *deeds)
    made = timeline(network_of(each), every, until, each.name, up=each.up * SECOND, ended=each.ended)
    return _from(made, round(each.lead * SECOND))


def network_of(each: Experiment) -> Network:
    """Return the cluster as it was in an experiment."""
    return cluster(more="p2d" in " ".join(each.verbs))


def _from(made: Timeline, begin: int) -> Timeline:
    """Return a timeline from a moment on, which is its 0 then."""
    if not begin:
        return made
    events = (x._replace(at=x.at - begin) for x in made.events if x.at >= begin)
    there = made.tables(begin - 1).items()
    initial = tuple((node, entry, by) for node, lines in there for entry, by in lines.items())
    moved = tuple(
        x._replace(until=x.until - begin) if isinstance(x, Message) and x.until is not None else x
        for x in events
    )
    return made._replace(until=made.until - begin, initial=initial, events=moved)


def _split(words: list[str]) -> tuple[str, tuple[str, ...]]:
    return words[0], tuple(words[1:])


class Line(NamedTuple):
    """A route that came or went."""

    at: float
    node: str
    added: bool
    line: str


def seen(each: Experiment) -> list[Line]:
    """Return the recorded changes of routes, without those written anew in the same form."""
    found = []
    for event in each.kept["timeline"]:
        match = re.fullmatch(r"(n\d) route: (Deleted )?(.*)", event["event"])
        if match and event["t"] >= 0:
            found.append(Line(event["t"], match[1], match[2] is None, _plain(match[3])))
    return _once(found)


def modelled(virtual: Timeline) -> list[Line]:
    """Return the changes of routes in virtual time, in the same form."""
    return _once(
        [
            Line(each.at / SECOND, each.node, each.added, _plain(str(each.entry)))
            for each in virtual.of(LineChange)
            if isinstance(each.entry, RouteEntry)
        ]
    )


def _plain(line: str) -> str:
    """Return a route without what the interface of a pod is called, and without what the kernel says of a link."""
    return re.sub(r"\bcali[0-9a-f]{11}\b", "cali*", line).removesuffix(" linkdown").strip()


def _once(lines: list[Line]) -> list[Line]:
    out = list(lines)
    for gone in [each for each in lines if not each.added]:
        for back in lines:
            same = (back.node, back.line) == (gone.node, gone.line) and back.added
            if same and 0 <= back.at - gone.at <= AT_ONCE and gone in out and back in out:
                out.remove(gone)
                out.remove(back)
    return out


Said = dict[tuple[str, str], list[str]]
"""What each node told each other, in order."""


def said(each: Experiment) -> Said:
    """Return the recorded messages, without keepalives of a session that stands."""
    out: Said = {}
    for _, src, dst, text in each.kept["messages"]:
        out.setdefault((src, dst), []).extend(_recorded(text))
    return _comparable(out)


def _comparable(said: Said) -> Said:
    """Return messages without chance: who of two tells first that a session is over, in which order routes are told."""
    out = {pair: list(_opening_only(words)) for pair, words in said.items()}
    for (src, dst), words in out.items():
        if src > dst and DECONFIGURED in words:
            out[src, dst] = [word for word in words if word != DECONFIGURED]
            if DECONFIGURED not in out.setdefault((dst, src), []):
                out[dst, src].insert(0, DECONFIGURED)
            return _comparable(out)
    return {pair: _sorted(words) for pair, words in out.items() if words}


def _sorted(words: list[str]) -> list[str]:
    """Return announcements in a row by their text, and so withdrawals."""
    out: list[str] = []
    for kind, row in groupby(words, lambda word: word.partition(" ")[0]):
        said_so = list(row)
        out += sorted(said_so) if kind in ("announce", "withdraw") else said_so
    return out


def _recorded(text: str) -> Iterator[str]:
    kind, _, rest = text.partition(" ")
    if kind == "OPEN":
        yield "OPEN restarting" if "flags 0x8" in rest else "OPEN"
    elif kind == "NOTIFICATION":
        yield "NOTIFICATION {}/{}".format(*re.findall(r"code (\d+) subcode (\d+)", rest)[0])
    elif kind == "UPDATE" and "end-of-RIB" in rest:
        yield "end of RIB"
    elif kind == "UPDATE":
        for prefix in re.findall(r"'([\d./]+)\(path", rest):
            preference = re.search(r"local-pref (\d+)", rest)
            by = ", reflected" if "cluster-list" in rest else ""
            hop = re.search(r"next-hop ([\d.]+)", rest)
            yield (
                f"withdraw {prefix}"
                if "withdrawn" in rest
                else f"announce {prefix}, next hop {hop and hop[1]}, {preference and preference[1]}{by}"
            )
    else:
        yield kind


def told(virtual: Timeline) -> Said:
    """Return the same of virtual time."""
    out: Said = {}
    for each in virtual.of(Message):
        if each.until is not None:
            out.setdefault((each.src.node, each.dst.node), []).append(_virtual(each))
    return _comparable(out)


def _virtual(each: Message) -> str:
    text = each.text.replace("local preference ", "")
    if each.kind == "OPEN":
        return "OPEN restarting" if "restarting" in text else "OPEN"
    if each.kind == "NOTIFICATION":
        return text.partition(":")[0]
    return "end of RIB" if text.startswith("end of RIB") else text


def _opening_only(words: list[str]) -> Iterator[str]:
    """Yield messages without keepalives of a session that stands, and an OPEN that nobody answers once."""
    before = ""
    for word in words:
        idle = word == "KEEPALIVE" and not before.startswith("OPEN")
        if not idle and not word == before == "OPEN":
            yield word
        before = word


class Gap(NamedTuple):
    """A while without answers, in seconds; no end where none came any more."""

    begin: float
    end: float | None


def unanswered(ping: dict[str, Any]) -> list[Gap]:
    """Return the recorded gaps."""
    return [Gap(each["last_answer_before_s"] or 0, each["first_answer_after_s"]) for each in ping["gaps"]]


def lost(net: Network, virtual: Timeline, src: str, dst: str) -> list[Gap]:
    """Return the gaps of virtual time that are long enough for a ping, one every 0.2 seconds, to be lost."""
    out: list[Gap] = []
    for answered, row in groupby(probe.spans(net, virtual, src, dst), lambda span: span.answered):
        spans = list(row)
        begin, end = spans[0].start, spans[-1].until
        if not answered and end - begin > EVERY * SECOND:
            out.append(Gap(begin / SECOND, None if end == virtual.until else end / SECOND))
    return out
