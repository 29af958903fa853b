"""Read a recording's folder, whatever somebody made of it: what is wrong is one line."""

from __future__ import annotations

import json
import re
from ipaddress import AddressValueError, IPv4Address, IPv4Interface
from pathlib import Path
from typing import Any

from packetwalk.capture.frames import read as read_frames
from packetwalk.capture.headers import headers_only
from packetwalk.capture.recording.values import (
    COMMANDS,
    COMMANDS6,
    HEAD,
    VERSION,
    Place,
    Probe,
    Recording,
    Sent,
)
from packetwalk.errors import BadInput
from packetwalk.tables import every_table
from packetwalk.tables.address import ADDRESSES
from packetwalk.tables.link import LINKS
from packetwalk.tables.typed import check

LARGEST = 64 * 2**20  # bytes of one file
LONGEST_NAME = 60
"""Characters of a name of a namespace or packet: with up to four bytes each, a file can have it on every machine."""
SAID = {*Probe("", "", "", 0).json()} - {"cold"}
"""What the head says of each packet; of one with a type of service also that."""
"""What the head says of a packet."""
KINDS = ("pod", "node", "router", "outside")


def read(path: Path | str) -> Recording:
    """Read a folder that ``write`` wrote; BadInput says in one line which file is wrong, and how."""
    folder = Path(path)
    if not (folder / HEAD).is_file():
        raise BadInput("recording", str(folder), ["a folder with recording.json"])
    head = _head(folder)
    places = tuple(_place(folder, each) for each in head["places"])
    known = {(place.netns, link.ifname) for place in places for link in place.entries(LINKS)}
    cold = bool(head["about"].get("cold"))
    sent = (_probe(folder / HEAD, each, places, cold) for each in head["sent"])
    return Recording(head["about"], places, tuple(_sent(folder, probe, known) for probe in sent))


TEXTS = ("plugin", "ground", "kernel", "mode", "underlay", "fault", "special", "author")
"""What the head says of its origin, in words."""


def _fail(file: Path, what: str) -> BadInput:
    return BadInput(f"recording, {file.name}", what)


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST:
            raise _fail(file, f"more than {LARGEST} bytes")
        return file.read_text()
    except UnicodeDecodeError:
        raise _fail(file, "not text") from None
    except OSError as error:
        raise _fail(file, error.strerror or "cannot be read") from None


def _head(folder: Path) -> dict[str, Any]:
    file = folder / HEAD
    head = _parsed(file, _text(file))
    shape = {"about": dict, "places": list, "sent": list}
    for name, kind in shape.items():
        if not isinstance(head, dict) or not isinstance(head.get(name), kind):
            raise _fail(file, f"no {name}")
    if not head["sent"]:
        raise _fail(file, "sent: an empty list")
    for name, each in (("places", "netns"), ("sent", "name")):
        _all_different(file, name, each, head[name])
    for name in TEXTS:
        if not isinstance(head["about"].get(name), str | None):
            raise _fail(file, f"{name}: no text")
    if not isinstance(head["about"].get("cold", False), bool | None):
        raise BadInput(f"recording, {HEAD}, cold", head["about"]["cold"], ["true", "false"])
    lost = head["about"].get("lost", {})
    if not isinstance(lost, dict) or not all(type(count) is int for count in lost.values()):
        raise _fail(file, "lost: no numbers of frames")
    emulated = head["about"].get("emulated") or []
    if not isinstance(emulated, list) or not all(isinstance(each, str) for each in emulated):
        raise _fail(file, "emulated: no list of texts")
    if head["about"].get("version") != VERSION:
        raise BadInput(f"recording, {HEAD}, version", head["about"].get("version"), [str(VERSION)])
    return head


def _all_different(file: Path, what: str, name: str, listed: list[Any]) -> None:
    """Refuse a list in which two have the same name."""
    names = [str(each.get(name)) for each in listed if isinstance(each, dict)]
    twice = next((each for number, each in enumerate(names) if each in names[:number]), None)
    if twice is not None:
        raise _fail(file, f"{what}: {name} {twice!r} twice")


def _parsed(file: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise _fail(file, f"no JSON at line {error.lineno}: {error.msg}") from None
    except ValueError:
        raise _fail(file, "JSON with a number of too many digits") from None
    except RecursionError:
        raise _fail(file, "JSON that is nested too deeply") from None


def _named(file: Path, value: Any) -> str:
    """Return a name that stays inside the folder, and that a file can have."""
    if not isinstance(value, str) or not re.fullmatch(r"[\w@][\w.@+-]*", value):
        raise _fail(file, f"name {str(value)[:40]!r}")
    if len(value) > LONGEST_NAME:
        raise _fail(file, f"a name of {len(value)} characters, longer than {LONGEST_NAME}")
    return value


def _place(folder: Path, each: Any) -> Place:
    head = folder / HEAD
    if not isinstance(each, dict) or set(each) - {"missing"} != {"netns", "node", "kind", "label"}:
        raise _fail(head, f"place {each!r}")
    missing = each.get("missing", [])
    if not isinstance(missing, list) or not all(isinstance(name, str) for name in missing):
        raise _fail(head, f"missing of {each['netns']}: no list of texts")
    for name in ("node", "label"):
        if not isinstance(each[name], str | None):
            raise _fail(head, f"{name} of {each['netns']}: no text")
    if each["kind"] not in KINDS:
        raise BadInput(f"recording, {HEAD}, kind of {each['netns']}", each["kind"], KINDS)
    inside = folder / _named(head, each["netns"])
    if not inside.is_dir():
        raise BadInput("recording", f"no folder {inside.name}")
    files = {name: _text(inside / name) for name in (*COMMANDS, *COMMANDS6) if (inside / name).exists()}
    if "link.json" not in files:
        raise BadInput("recording", f"no {inside.name}/link.json")
    for name, text in files.items():
        if name.endswith(".json") and text.strip():
            _parsed(inside / name, text)
    place = Place(**{**each, "files": files, "missing": tuple(missing)})
    try:
        for table in every_table():
            for entry in place.entries(table):
                check(entry)
        for address in place.entries(ADDRESSES):
            IPv4Interface(f"{address.local}/{address.prefixlen}")
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise BadInput(f"recording, tables of {place.netns}", str(error)) from None
    return place


def _sent(folder: Path, probe: Probe, known: set[tuple[str, str]]) -> Sent:
    file = folder / f"{_named(folder / HEAD, probe.name)}.pcapng"
    try:
        if file.stat().st_size > LARGEST:
            raise _fail(file, f"more than {LARGEST} bytes")
        found = read_frames(file.read_bytes())
    except OSError as error:
        raise _fail(file, error.strerror or "cannot be read") from None
    except BadInput:
        raise
    except ValueError as error:
        raise _fail(file, str(error)) from None
    frames = found.frames
    for frame in frames:
        if (frame.netns, frame.dev) not in known:
            raise _fail(file, f"device {frame.netns}:{frame.dev}, which no link.json has")
    if found.shortened:
        frames = [frame._replace(data=headers_only(frame.data, frame.first)) for frame in frames]
    return Sent(*probe, frames=tuple(frames), notes=found.notes)


def _probe(head: Path, each: Any, places: tuple[Place, ...], cold: bool) -> Probe:
    """Return what the head says of a packet; a recording that only listened has no sender and no goal."""
    if not isinstance(each, dict) or set(each) - {"tos"} != SAID:
        raise _fail(head, f"packet {each!r}")
    name = each["name"]
    if not isinstance(each["src"], str) or not isinstance(each["dst"], str):
        raise _fail(head, f"packet {name!r}: src and dst are texts")
    if each["src"] and each["src"] not in {place.netns for place in places}:
        raise BadInput(f"recording, {HEAD}, src of {name}", each["src"], [place.netns for place in places])
    try:
        if each["dst"]:
            IPv4Address(each["dst"])
    except (AddressValueError, TypeError):
        raise BadInput(f"recording, {HEAD}, dst of {name}", each["dst"], ["an IPv4 address"]) from None
    dport = each["dport"]
    if type(dport) is not int or not 0 <= dport <= 65535:
        raise BadInput(f"recording, {HEAD}, dport of {name}", dport, ["0 to 65535"])
    try:
        return Probe.read({**each, "cold": cold})
    except BadInput as error:
        raise error.within(f"recording, {HEAD}, {name}") from None
