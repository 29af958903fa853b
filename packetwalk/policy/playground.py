"""What a page asks of one text of manifests, answered in plain values: who may talk to whom, and why.

It runs when the book is built, and, unchanged, in the reader's browser; what is wrong is an answer, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from packetwalk.errors import BadInput
from packetwalk.policy.estate import Estate
from packetwalk.policy.explanation import explain
from packetwalk.policy.loading import read
from packetwalk.policy.matrix import matrix
from packetwalk.policy.plugins import CALICO
from packetwalk.policy.report import aimless
from packetwalk.policy.rules import protocol_name

LARGEST = 5_000_000
"""Characters of a text; what is longer is refused before it is read."""
ONE_BY_ONE = 24
"""Up to so many pods each has its own line; of more, those of which all is the same share one."""
_NAME = "line"
_LINE = re.compile(rf"{_NAME}:(\d+)(?:: |, )")


def judged(text: str, protocol: str = "TCP", port: int = 80, plugin: str = CALICO) -> dict[str, Any]:
    """Return who reaches whom at a port, and the services; or, as ``wrong``, what is wrong and at which line."""
    try:
        estate = estate_of(text, plugin)
        found = matrix(estate, protocol, port)
    except BadInput as error:
        return _wrong(error)
    lines = found.classes
    if len(found.pods) <= ONE_BY_ONE:
        lines = tuple((place,) for place in range(len(found.pods)))
    of = {place: number for number, places in enumerate(found.classes) for place in places}
    return {
        "lines": [[str(found.pods[place]) for place in places] for places in lines],
        "open": [
            "".join(str(found.rows[of[row[0]]] >> of[column[0]] & 1) for column in lines) for row in lines
        ],
        "pairs": found.pairs,
        "allowed": found.allowed_pairs,
        "services": {
            f"{namespace}/{name}": [[protocol_name(each.protocol), each.port] for each in service.ports]
            for (namespace, name), service in sorted(estate.services.items())
        },
        "notes": [_LINE.sub(r"line \1: ", note) for note in (*estate.notes, *_aimless(estate))],
    }


def _aimless(estate: Estate) -> Iterator[str]:
    return (f"{each.where}: {each.said}" for each in aimless(estate))


def told(
    text: str, source: str, destination: str, protocol: str = "TCP", port: int = 80, plugin: str = CALICO
) -> dict[str, Any]:
    """Return the rulings on one packet's way, as ``packetwalk policy --explain`` has them; or what is wrong."""
    try:
        found = explain(estate_of(text, plugin), source, destination, protocol, port).to_json()
    except BadInput as error:
        return _wrong(error)
    for each in found["rulings"]:
        each["where"] = int(each["where"].rpartition(":")[2]) if each["where"] else None
    return found


def answer(text: str, plugin: str, protocol: str, port: int, source: str, destination: str) -> str:
    """Return both as JSON; the packet's way only where the text has nothing wrong and both ends are named."""
    found = {"matrix": judged(text, protocol, port, plugin)}
    if "wrong" not in found["matrix"] and source and destination:
        found["why"] = told(text, source, destination, protocol, port, plugin)
    return json.dumps(found)


@lru_cache(maxsize=2)
def estate_of(text: str, plugin: str) -> Estate:
    if len(text) > LARGEST:
        raise BadInput("manifests", f"{len(text):,} characters", [f"at most {LARGEST:,}"])
    return read(text, _NAME, plugin=plugin)


def _wrong(error: BadInput) -> dict[str, Any]:
    found = _LINE.match(str(error))
    return {
        "wrong": {"line": int(found[1]) if found else None, "said": str(error)[found.end() if found else 0 :]}
    }
