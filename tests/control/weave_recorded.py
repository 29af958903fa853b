"""Weave Net as it was recorded (three routers start, a link is cut, a peer leaves), and the same in virtual time."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from packetwalk.control.deeds import read
from packetwalk.control.running import timeline
from packetwalk.control.timeline import SECOND, ProgramState, Timeline
from packetwalk.tables import ConnectionEntry, FailedEntry
from packetwalk.walks.network import Network
from tests.proof.real.recording import SETUPS, RealCluster

FILE = Path(__file__).parents[1] / "recordings" / "timelines" / "weave-2.9.0-sleeve.json.gz"
NODES = ("n1", "n2", "n3")
SHOWN = (
    "connection ready",
    "connection added",
    "connection fully established",
    "connection deleted",
    "connection shutting down",
    "Removed unreachable peer",
    "[allocator] Initialising",
)


@cache
def recording() -> dict[str, Any]:
    """Return what was recorded; times are seconds after n1's router started."""
    return json.loads(gzip.decompress(FILE.read_bytes()))


@cache
def cluster() -> Network:
    """Return the recorded cluster by the plan, with the two pods that were tried on n3 at the end."""
    setup = SETUPS["weave-2.9.0-sleeve"]
    pods = {**setup.pods, "p3c": "n3", "p3d": "n3"}
    return Network(RealCluster(setup._replace(pods=pods)), setup.plugin, setup.mode)


@cache
def did() -> Timeline:
    """Return the same deeds, at their recorded times, in virtual time."""
    lines = [f"{at} {deed}" for at, deed in recording()["deeds"]]
    return timeline(cluster(), read(lines), 190 * SECOND, "", up=1, ended=frozenset(NODES))


class Word(NamedTuple):
    """What a router said of a peer."""

    at: float
    node: str
    peer: str
    text: str


def said() -> list[Word]:
    """Return what the recorded routers said, without attempts and what they say of themselves."""
    return [
        word
        for node, lines in recording()["logs"].items()
        for at, line in lines
        for word in _recorded(at, node, line)
    ]


def told() -> list[Word]:
    """Return the same of virtual time."""
    out = []
    for each in did().of(ProgramState):
        peer, _, text = each.what.partition(": ")
        if peer not in NODES:
            peer, text = "", each.what
        if text.startswith("Removed"):
            peer, text = text.split()[-1], "Removed unreachable peer"
        if text.startswith(SHOWN):
            out.append(Word(each.at / SECOND, each.lane.node, peer, _plain(text)))
    return out


def _recorded(at: float, node: str, line: str) -> Iterator[Word]:
    removed = re.fullmatch(r"Removed unreachable peer \S+\((n\d)\)", line)
    if removed:
        yield Word(at, node, removed[1], "Removed unreachable peer")
    began = re.fullmatch(r"\[allocator \S+\] (Initialising .*)", line)
    if began:
        yield Word(at, node, "", f"[allocator] {began[1]}")
    match = re.fullmatch(r"->\[[\d.]+:\d+\|[\da-f:]+\((n\d)\)\]: (.*)", line)
    if match and match[1] != node and match[2].startswith(SHOWN):
        yield Word(at, node, match[1], _plain(match[2]))


def _plain(text: str) -> str:
    """Return what was said without addresses, and without the peers' names of their own."""
    text = re.sub(r"[\da-f:]{17}\((n\d)\)", r"\1", text)
    text = re.sub(r"(read|write) tcp \S+->\S+: ", "", text)
    return text.replace("read: ", "").replace("write: ", "")


def words(spoken: list[Word], node: str, peer: str, begin: float, end: float) -> list[Word]:
    """Return what a router said of a peer in a while."""
    return [each for each in spoken if (each.node, each.peer) == (node, peer) and begin <= each.at < end]


def connection(entry: ConnectionEntry | FailedEntry) -> tuple[str, str, str]:
    """Return a connection without the ports that a kernel chose: where to, its state, and what is said of it."""
    if isinstance(entry, ConnectionEntry):
        return entry.remote, "established", f"{entry.overlay} {entry.peer}({entry.nickname})"
    return entry.address, "retrying" if entry.retrying else "failed", _without_ports(entry.info)


def told_of(address: str, state: str, info: str) -> tuple[str, str, str]:
    """Return a recorded connection in the same form."""
    info = _without_ports(info)
    return address.partition(":")[0] if state == "established" else address, state, info


def _without_ports(info: str) -> str:
    return re.sub(r"read tcp \S+->\S+: (read: )?", "", info)
