"""What weaver keeps for itself, as it told in ``weave report`` and ``weave status connections``."""

from __future__ import annotations

import json
from collections.abc import Iterator

from packetwalk.capture.recording import Place
from packetwalk.tables import BroadcastEntry, MeshPeerEntry, PeerConnection, RingEntry, UnicastEntry
from packetwalk.tables.packet_socket import CAPTURES
from packetwalk.tables.table import Contents
from packetwalk.tables.weaver import BROADCAST, CONNECTIONS, PEERS, RING, UNICAST

Told = Iterator[tuple[str, list[str], list[str]]]


def tables(model: Contents, place: Place) -> Told:
    """Yield name, lines of the plan and recorded lines of each table; they come out of hash tables, so sorted."""
    if "capture.txt" in place.files:
        theirs = [_socket(line) for line in place.files["capture.txt"].splitlines()[1:]]
        if theirs or model.entries(CAPTURES):
            yield CAPTURES.name, [*map(str, model.entries(CAPTURES))], theirs
    if "connections.txt" in place.files:
        theirs = [line.rstrip() for line in place.files["connections.txt"].splitlines()]
        yield CONNECTIONS.name, sorted(map(str, model.entries(CONNECTIONS))), sorted(theirs)
    if "report.json" in place.files:
        report = json.loads(place.files["report.json"])
        for table, entries in (
            (PEERS, map(_peer, report["Router"]["Peers"])),
            (
                UNICAST,
                (UnicastEntry(each["Dest"], each["Via"]) for each in report["Router"]["UnicastRoutes"]),
            ),
            (BROADCAST, map(_broadcast, report["Router"]["BroadcastRoutes"])),
            (RING, map(_token, report["IPAM"]["Entries"])),
        ):
            yield table.name, sorted(map(_line, model.entries(table))), sorted(map(_line, entries))


def _line(entry: object) -> str:
    """A peer's connections and a source's next peers stand in no order."""
    if isinstance(entry, MeshPeerEntry):
        return str(entry._replace(connections=sorted(entry.connections)))
    if isinstance(entry, BroadcastEntry):
        return str(entry._replace(via=tuple(sorted(entry.via))))
    return str(entry)


def _socket(line: str) -> str:
    netid, state, _, _, local, _, process = line.split()
    return f"{netid} {state} {local} {process.partition(',')[0]}))"


def _peer(told: dict) -> MeshPeerEntry:
    made = [
        PeerConnection(each["Name"], each["NickName"], each["Address"], each["Outbound"])
        for each in told["Connections"]
    ]
    more = told["Version"] - 2 * len(made)
    return MeshPeerEntry(told["Name"], told["NickName"], told["ShortID"], told["UID"], made, more)


def _broadcast(told: dict) -> BroadcastEntry:
    return BroadcastEntry(told["Source"], tuple(told["Via"] or ()))


def _token(told: dict) -> RingEntry:
    return RingEntry(*(told[key] for key in ("Token", "Size", "Peer", "Nickname", "IsKnownPeer", "Version")))
