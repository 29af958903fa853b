"""What a page or a notebook asks of a recording, answered in plain values; what is wrong is an answer, too.

It runs when the book is built, in a notebook's kernel and, unchanged, in the reader's browser.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from packetwalk.errors import BadInput
from packetwalk.trace.packet import PacketOptions
from packetwalk.why.asking import FAILS
from packetwalk.why.diagnosis import Diagnosis, why
from packetwalk.why.dropped import opened
from packetwalk.why.ends import main_address, owner, services
from packetwalk.why.loading import Loaded, load
from packetwalk.why.pairs import machines, pinged, where

TITLES = {
    "how": "How",
    "where": "Where it ends",
    "line": "Deciding line",
    "fits": "What fits",
    "mend": "What mends it",
    "taps": "What taps saw",
    "not known": "Not known",
}
"""What a page calls the lines of an answer."""


def overview(loaded: Loaded) -> dict[str, Any]:
    """Return what a recording is and what can be asked: senders and receivers with addresses, machines for the matrix, a first question."""
    of = loaded.recording
    senders = [[place.netns, main_address(place)] for place in of.places]
    named = [each.netns for each in of.places if each.kind == "pod"] or [each.netns for each in of.places]
    probe = next((each for each in of.sent if each.src and each.dst), None)
    first = (probe.src, owner(of, probe.dst) or probe.dst) if probe else (named[0], named[-1])
    return {
        "told": repr(of),
        "notes": [str(each) for each in of.about.get("notes") or ()],
        "senders": senders,
        "receivers": senders + [[each.name, f"{each.address}:{each.port}"] for each in services(of)],
        "machines": [each.name for each in machines(loaded)],
        "first": first,
    }


def diagnosed(loaded: Loaded, src: str, dst: str, packet: PacketOptions) -> dict[str, Any]:
    """Return the answer's verdict, its lines with their names and titles, and, if there is one, all commands of the change."""
    found = asked_of(loaded, src, dst, packet)
    return {
        "verdict": found.verdict,
        "lines": [[name, TITLES.get(name, ""), text] for name, text in found.told],
        "mend": found.mend
        and {"script": found.mend.script, "reason": f"{found.mend.reason}; tried: then {found.mend.then}"},
    }


def row(loaded: Loaded, src: str) -> list[dict[str, str]]:
    """Return what becomes of a ping from one machine to each other, in the order of ``overview``'s machines."""
    every = machines(loaded)
    sender = next((each for each in every if each.name == src), None)
    if sender is None:
        raise BadInput("sender", src, [each.name for each in every])
    return [
        {"to": dst.name, "verdict": fate.verdict, **where(fate)}
        for dst, fate in pinged(loaded, sender, every)
    ]


def walked(loaded: Loaded, src: str, dst: str, packet: PacketOptions) -> dict[str, Any]:
    """Return the walk by which ``diagnosed`` decided, as the player reads it, and the step where it ended, else 0."""
    found = asked_of(loaded, src, dst, packet)
    return {"walk": found.walk.to_json(), "step": found.fate.step.seq if found.verdict == FAILS else 0}


def asked_of(loaded: Loaded, src: str, dst: str, packet: PacketOptions) -> Diagnosis:
    """Return the answer to a question whose fields a page has filled; what is None there is left to ``why``."""
    return _asked(loaded, src.strip(), dst.strip(), tuple(sorted(packet.items())))


@lru_cache(maxsize=8)
def _asked(loaded: Loaded, src: str, dst: str, packet: tuple[tuple[str, Any], ...]) -> Diagnosis:
    return why(loaded, src, dst, **dict(packet))


ANSWERS: Mapping[str, Callable[..., Any]] = {
    "overview": overview,
    "why": diagnosed,
    "row": row,
    "walk": walked,
}


def answered(loaded: Loaded, what: str, *asked: Any) -> Any:
    """Return the answer to one of ANSWERS; or, as ``wrong``, a sentence that says what is wrong."""
    try:
        return ANSWERS[what](loaded, *asked)
    except BadInput as error:
        return _wrong(error)


def answer(folder: str, names: str, what: str, asked: str) -> str:
    """Return ``answered`` as JSON, of what ``dropped.opened`` makes of files; ``names`` and ``asked`` are lists as JSON."""
    try:
        loaded = _loaded(folder, names)
    except BadInput as error:
        return json.dumps(_wrong(error))
    return json.dumps(answered(loaded, what, *json.loads(asked)))


@lru_cache(maxsize=1)
def _loaded(folder: str, names: str) -> Loaded:
    return load(opened(Path(folder), json.loads(names)))


def _wrong(error: BadInput) -> dict[str, str]:
    return {"wrong": f"{error}."}
