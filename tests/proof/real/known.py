"""What is known to differ, as code; why stands in ``tests/known_differences.yaml`` under the same name.

Each takes what it is about out of both sides; one that finds nothing where it is listed fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from tests.proof.differences import TEXT

REAL: dict[str, dict] = TEXT["real"]
SHUFFLED = ("-A KUBE-SERVICES ", "-A KUBE-NODEPORTS ", "-A KUBE-EXTERNAL-SERVICES ")
LAST = "this must be the last rule"
HOST_PORT = re.compile(r"^:CNI-|^-A CNI-|-j CNI-")
NUMBERS = re.compile(r'(?<="UID":)\d+|(?<="ShortID":)\d+|(?<=172\.18\.0\.\d:)(?!6783\b)\d+ *')
VERSION = re.compile(r',"Version":\d+')
FELIX = re.compile(r'-m comment --comment "cali:[\w-]{16}" | comment "cali:[\w-]{16};"')
FELIX_NOTE = re.compile(r'comment "cali:[\w-]{16}; ')
KUBELET = (":KUBE-IPTABLES-HINT -", ":KUBE-KUBELET-CANARY -")


class Sides(NamedTuple):
    """The lines of one table of one namespace: of the plan, and recorded."""

    mine: list[str]
    theirs: list[str]


def _shuffled(netns: str, table: str, sides: Sides) -> Sides:
    """``service-order``: the order of these chains is drawn; only the last rule has its place."""

    def key(line: str) -> tuple:
        chain = line.split(" ", 2)[1]
        mixed = line.startswith(SHUFFLED)
        return chain, mixed and LAST in line, line if mixed else ""

    def ordered(lines: list[str]) -> list[str]:
        chains = [line for line in lines if line[0] == ":"]
        return [*chains, *sorted((line for line in lines if line[0] != ":"), key=key)]

    return Sides(*map(ordered, sides)) if table.startswith("iptables/") else sides


def _one_port(netns: str, table: str, sides: Sides) -> Sides:
    """``hairpin-off``: the experiment's author took hairpin away from one port."""
    if (netns, table) != ("n1", "link"):
        return sides
    ports = [line for line in sides.theirs if "master cni0" in line and "hairpin" not in line]
    return sides._replace(theirs=sorted(f"{x} hairpin" if x in ports else x for x in sides.theirs))


def _without(unwanted: Callable[[str], bool]) -> Callable[[str, str, Sides], Sides]:
    def filtered(netns: str, table: str, sides: Sides) -> Sides:
        if not table.startswith("iptables/"):
            return sides
        return sides._replace(theirs=[line for line in sides.theirs if not unwanted(line)])

    return filtered


def _hashes(netns: str, table: str, sides: Sides) -> Sides:
    """``felix-hash``: the comment by which Felix knows its rules again."""
    return sides._replace(theirs=[FELIX_NOTE.sub('comment "', FELIX.sub("", line)) for line in sides.theirs])


def _to_host(netns: str, table: str, sides: Sides) -> Sides:
    """``endpoint-to-host``: Felix alone says DROP, the manifests ACCEPT."""
    text = "Configured DefaultEndpointToHostAction"
    for old, new in (
        (f'"{text}" -j DROP', f'"{text}" -j ACCEPT'),
        (f'drop comment "{text}"', f'accept comment "{text}"'),
    ):
        sides = sides._replace(theirs=[line.replace(old, new) for line in sides.theirs])
    return sides


def _tunl0(netns: str, table: str, sides: Sides) -> Sides:
    """``tunl0-veth``: that kernel has no IP-in-IP; a pair of veth stood for the device."""
    if table != "link":
        return sides
    return Sides(*([line for line in lines if not line.startswith("tunl0")] for lines in sides))


def _set_order(netns: str, table: str, sides: Sides) -> Sides:
    """``set-order``: in which order Felix made its sets."""
    return Sides(*map(sorted, sides)) if table == "ipset" else sides


def _drawn(netns: str, table: str, sides: Sides) -> Sides:
    """``drawn-numbers``: what weaver and the kernel draw."""
    if table not in ("peers", "connections"):
        return sides
    return Sides(*(sorted(NUMBERS.sub("...", line) for line in lines) for lines in sides))


def _gossip(netns: str, table: str, sides: Sides) -> Sides:
    """``gossiped-version``: what a peer has heard of the others' parts of the ring; of its own it knows."""
    if table != "ipam":
        return sides
    own = f'"Nickname":"{netns}"'
    return Sides(*([line if own in line else VERSION.sub("", line) for line in lines] for lines in sides))


FILTERS: dict[str, Callable[[str, str, Sides], Sides]] = {
    "felix-hash": _hashes,
    "service-order": _shuffled,
    "hairpin-off": _one_port,
    "host-port": _without(lambda line: HOST_PORT.search(line) is not None),
    "endpoint-to-host": _to_host,
    "tunl0-veth": _tunl0,
    "set-order": _set_order,
    "drawn-numbers": _drawn,
    "gossiped-version": _gossip,
    "kubelet-chains": _without(lambda line: line in KUBELET),
}


def apply(recording: str, netns: str, table: str, sides: Sides) -> tuple[Sides, set[str]]:
    """Return both sides without what is listed for the recording, and the names of what was found."""
    found = set()
    for name, take_out in FILTERS.items():
        if recording in REAL[name]["recordings"]:
            left = take_out(netns, table, sides)
            if left != sides and left.theirs != sides.theirs:
                found.add(name)
            sides = left
    return sides, found
