"""Faults on a real cluster: what breaks it, and what takes that back; names and places as in the model.

Not all of the model's faults can be had from outside: those that need another history (a node without
a podCIDR, a cni0 of an earlier cluster) are of the model and of namespaces only.  Which ones can be had
of a plugin, its file in ``packetwalk.lab.plugins`` says, with the help of what is here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from packetwalk.capture.output import Output
from packetwalk.errors import LabError

SENDER, RECEIVER = "kind-worker", "kind-worker2"


class Reachable(Protocol):
    """Machines on which commands can be run: ``nodes`` are their addresses by the book's names."""

    @property
    def nodes(self) -> Mapping[str, str]:
        """Addresses by name."""

    def run(self, netns: str, argv: Sequence[str], /) -> Output:
        """Run a program on one."""


class UndoableCommand(NamedTuple):
    """A command on a node and the one that undoes it."""

    node: str
    do: tuple[str, ...]
    undo: tuple[str, ...]


Make = Callable[[Reachable], list[UndoableCommand]]


def step(node: str, do: str, undo: str) -> UndoableCommand:
    """Return a step of two command lines."""
    return UndoableCommand(node, tuple(do.split()), tuple(undo.split()))


def dropped(node: str, match: str, chain: str = "INPUT", table: str = "filter") -> Make:
    """Return what lets a node drop what ``match`` says, before any other rule of a chain."""
    line = f"iptables -w -t {table} %s {chain} {match} -j DROP"
    return lambda _: [step(node, line % "-I", line % "-D")]


def switched_off(key: str, *nodes: str) -> Make:
    """Return what sets a sysctl to 0, on these nodes or on all."""
    line = f"sysctl -w {key}="
    return lambda reach: [step(node, f"{line}0", f"{line}1") for node in nodes or reach.nodes]


def listed(reach: Reachable, line: str, node: str = SENDER) -> list[dict[str, Any]]:
    """Return what a command with ``-j`` prints on a node; LabError when it fails."""
    answer = reach.run(node, line.split())
    if answer.code != 0:
        raise LabError(f"{node}: {line}: {(answer.splitlines() or ['failed'])[0]}")
    return json.loads(answer)


def underlay(reach: Reachable) -> list[UndoableCommand]:
    """Make all nodes' NICs carry 1400 bytes."""
    line = "ip link set dev eth0 mtu "
    return [step(node, f"{line}1400", f"{line}1500") for node in reach.nodes]


def no_default_route(reach: Reachable) -> list[UndoableCommand]:
    """Take the sender's default route away."""
    found = listed(reach, "ip -j route show default")
    if not found:
        raise LabError(f"{SENDER}: there is no default route already")
    line = f"ip route %s default via {found[0]['gateway']} dev {found[0]['dev']}"
    return [step(SENDER, line % "del", line % "replace")]


def wall(reach: Reachable) -> list[UndoableCommand]:
    """Drop all between sender and receiver, on both."""
    line = "iptables -w %s INPUT -s %s -j DROP"
    return [
        step(near, line % ("-I", reach.nodes[far]), line % ("-D", reach.nodes[far]))
        for near, far in ((SENDER, RECEIVER), (RECEIVER, SENDER))
    ]
