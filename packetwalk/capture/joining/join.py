"""Several nodes' files become one recording."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from packetwalk.capture.joining.clocks import Clocks, clocks
from packetwalk.capture.joining.flows import ALL, by_address, flows
from packetwalk.capture.joining.node_file import NodeFile, NodePlace, read
from packetwalk.capture.joining.taken import Captured, taken
from packetwalk.capture.recording import Place, Recording, Sent
from packetwalk.errors import BadInput
from packetwalk.tables import every_table
from packetwalk.tables.address import ADDRESSES
from packetwalk.tables.conntrack import CONNECTIONS
from packetwalk.tables.ip_rule import RULES
from packetwalk.tables.link import LINKS
from packetwalk.tables.route import ROUTES
from packetwalk.trace.packet import Packet

MOST = 20_000  # frames
STAYS = (LINKS, ADDRESSES, ROUTES, RULES)
"""Tables that do not change by themselves: one that did makes a recording of two networks."""


def join(files: Sequence[Path | str], *, payload: bool = False, together: bool = False) -> Recording:
    """Join what `record-node.sh` wrote on one or more nodes.

    Without ``payload`` every byte after a frame's headers is zero; ``together`` makes one packet, ``all``, of all frames.
    The recording's ``about`` says by how many nanoseconds each node's times were moved (``clocks``), and in
    ``notes`` what is not in it.  BadInput in one line for a file that is none, or that is given twice.
    """
    if not files:
        raise BadInput.missing("files of nodes", ["at least one .tgz"])
    nodes = _named([read(Path(file)) for file in files])
    seen: dict[str, list[Captured]] = {}
    notes: list[str] = []
    places: list[Place] = []
    for node, file, named in nodes:
        notes += [f"{node}: stopped {file.about['stopped']}"] if "stopped" in file.about else []
        seen[node] = []
        for netns, each in named:
            _checked(netns, each)
            found = taken(each, netns, payload=payload)
            seen[node] += found.seen
            notes += found.notes + _changed(netns, each)
            places.append(_place(netns, node, each))
    apart = clocks(seen)
    every = _on_one_clock(seen, apart)
    if len(every) > MOST:
        notes.append(f"the first {MOST} of {len(every)} frames are kept")
    notes += [f"{node}: no packet says how its clock differs" for node in apart.adrift]
    sent, said = _sent(every[:MOST], places, together)
    about = {
        "ground": "nodes",
        "kernel": nodes[0][1].about.get("kernel", ""),
        "payload": "kept" if payload else "zeroed",
        "clocks": dict(apart.shift),
        "notes": notes + said,
    }
    lost = {netns: sum(each.lost.values()) for _, _, named in nodes for netns, each in named}
    if any(lost.values()):
        about["lost"] = {netns: count for netns, count in lost.items() if count}
    return Recording(about, tuple(places), tuple(sent))


Named = list[tuple[str, NodeFile, list[tuple[str, NodePlace]]]]


def _named(files: Iterable[NodeFile]) -> Named:
    """Return the nodes and their namespaces under names that are unique in the recording."""
    used: set[str] = set()
    out: Named = []
    own: dict[tuple, str] = {}
    for file in files:
        node, *pods = file.places
        told = tuple(sorted(node.files.items()))
        if told in own:
            raise BadInput(f"{file.file}, the same as {own[told]}", file.file, ["each node once"])
        own[told] = file.file
        name = _unique(node, used, "")
        out.append((name, file, [(name, node), *((_unique(pod, used, name), pod) for pod in pods)]))
    return out


def _unique(place: NodePlace, used: set[str], node: str) -> str:
    """Return a namespace's own name, else one of its address; where two have it, with its node's."""
    plain = re.sub(r"[^\w.+-]", "-", place.name, flags=re.ASCII).lstrip("-.+")
    address = _address(place)
    names = [plain] if plain else []
    names.append(f"{place.kind}-{address}" if address else place.kind)
    names += [f"{names[0]}-{word}" for word in (node, address) if word]
    names += [f"{names[0]}-{number}" for number in range(2, len(used) + 3)]
    name = next(each for each in names if each not in used and each != ALL)
    used.add(name)
    return name


def _address(place: NodePlace) -> str:
    """Return the address that a machine is known by: of the device of its default route, else its first."""
    found = [each for each in _table(ADDRESSES, place.files) if each.dev != "lo"]
    out = [route.dev for route in _table(ROUTES, place.files) if route.dst == "default"]
    return next((each.local for each in sorted(found, key=lambda each: each.dev not in out)), "")


def _table(table: Any, files: Any, where: str = "a node") -> list[Any]:
    """Return the lines of a table; BadInput for what no tool printed."""
    try:
        return table.read(files)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
        raise BadInput(f"table {table.name} of {where}", str(error)[:200]) from None


def _checked(netns: str, place: NodePlace) -> None:
    """Refuse tables that no tool printed."""
    for table in every_table():
        for files in (place.before, place.files):
            _table(table, files, netns)


def _place(netns: str, node: str, place: NodePlace) -> Place:
    label = f"{place.kind} {_address(place)}".rstrip()
    return Place(netns, node, place.kind, label, place.files, place.missing)


def _changed(netns: str, place: NodePlace) -> list[str]:
    """Say which tables were others at the end than at the beginning; those of the end are recorded."""
    both = [
        table for table in STAYS if all(name in place.before for name in place.files if name in table.files)
    ]
    return [
        f"{netns}: `{table.command}` changed while it was recorded"
        for table in both
        if set(_table(table, place.before)) != set(_table(table, place.files))
    ]


def _on_one_clock(seen: dict[str, list[Captured]], apart: Clocks) -> list[Captured]:
    """Return all frames by the first node's clock; those of one namespace stay in their order."""
    moved = [
        each._replace(frame=each.frame._replace(time_ns=each.frame.time_ns + apart.shift[node]))
        for node, found in seen.items()
        for each in found
    ]
    return sorted(moved, key=lambda each: each.frame.time_ns)


def _sent(seen: Sequence[Captured], places: Sequence[Place], together: bool) -> tuple[list[Sent], list[str]]:
    """Return the packets, and in words what is in none but ``all``."""
    frames = tuple(each.frame for each in seen)
    if together or not frames:
        return [Sent(ALL, "", "", 0, Packet(), frames)], [] if frames else ["no frame was captured"]
    owned = [
        (place.netns, each.local) for place in places for each in place.entries(ADDRESSES) if each.dev != "lo"
    ]
    tracked = (each for place in places for each in place.entries(CONNECTIONS))
    found = flows(seen, tracked, by_address(owned))
    rest = f"{found.rest} frames that nobody can look into are in the packet `{ALL}` only"
    return found.sent, [rest] if found.rest else []
