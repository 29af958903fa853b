"""A recording: what the tools printed in each namespace, and the frames of the packets that were sent.

On disk it is a plain folder: ``recording.json``, one folder a namespace with what each tool printed,
one pcapng a packet.  Nothing in it needs privileges to read, and no command asks for a secret.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from glob import escape
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import Any, NamedTuple

from packetwalk.capture import iproute, iptables
from packetwalk.capture.frames import Frame
from packetwalk.capture.frames import read as read_frames
from packetwalk.errors import BadInput, LabError
from packetwalk.tables import (
    AddrEntry,
    FdbEntry,
    LinkEntry,
    NeighEntry,
    PolicyEntry,
    RouteEntry,
    RuleEntry,
)
from packetwalk.wire.pcap import ETHERNET, write_pcapng

VERSION = 1
HEAD = "recording.json"
RAW = 101  # link type of bare IP packets
LARGEST = 64 * 2**20  # bytes of one file
PROTOCOLS = ("icmp", "udp", "tcp")
NUMBERS = {"size": 65535, "ttl": 255, "sport": 65535, "dport": 65535}
"""The largest value of a packet's numbers."""
KINDS = ("pod", "node", "router", "outside")
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "link.json": ("ip", "-j", "-d", "link"),
    "addr.json": ("ip", "-j", "addr"),
    "route.json": ("ip", "-j", "route", "show", "table", "all"),
    "rule.json": ("ip", "-j", "rule"),
    "neigh.json": ("ip", "-j", "neigh"),
    "fdb.json": ("bridge", "-j", "fdb"),
    "port.json": ("bridge", "-j", "-d", "link"),
    "iptables.txt": ("iptables-save", "-c"),
    "ipset.txt": ("ipset", "save"),
    "nft.json": ("nft", "-j", "list", "ruleset"),
    "xfrm-policy.txt": ("ip", "xfrm", "policy"),
    "xfrm-state.txt": ("ip", "xfrm", "state", "list", "nokeys"),
    "wireguard.txt": ("wg", "show", "all", "allowed-ips"),
    "conntrack.txt": ("conntrack", "-L"),
    "sysctl.txt": (
        "sysctl",
        "net.ipv4.ip_forward",
        "net.ipv4.conf.all.rp_filter",
        "net.bridge.bridge-nf-call-iptables",
    ),
}
"""What is asked in each namespace, by the name of the file that keeps the answer."""


class Place(NamedTuple):
    """A namespace: ``files`` are what the tools printed there, by name, as they printed it."""

    netns: str
    node: str
    kind: str
    label: str
    files: Mapping[str, str]

    def links(self) -> list[LinkEntry]:
        """Return the devices."""
        return iproute.links(self.printed("link.json"), self.printed("port.json"))

    def addresses(self) -> list[AddrEntry]:
        """Return the IPv4 addresses."""
        return iproute.addresses(self.printed("addr.json"))

    def routes(self) -> list[RouteEntry]:
        """Return the IPv4 routes of all tables."""
        return iproute.routes(self.printed("route.json"))

    def neighbours(self) -> list[NeighEntry]:
        """Return the IPv4 neighbours."""
        return iproute.neighbours(self.printed("neigh.json"))

    def forwarding(self) -> list[FdbEntry]:
        """Return the forwarding entries of bridges and VXLAN devices."""
        return iproute.forwarding(self.printed("fdb.json"))

    def rules(self) -> list[RuleEntry | PolicyEntry]:
        """Return the iptables rules and policies."""
        return iptables.rules(self.files.get("iptables.txt", ""))

    def printed(self, name: str) -> list[dict[str, Any]]:
        """Return what a command of ``ip -j`` or ``bridge -j`` printed, parsed; empty when it is not there."""
        text = self.files.get(name, "")
        return json.loads(text) if text.strip() else []


class Sent(NamedTuple):
    """A packet and the frames that followed it: ``src`` is a namespace, ``dst`` the address asked for."""

    name: str
    src: str
    dst: str
    proto: str
    size: int | None
    df: bool
    ttl: int
    sport: int
    dport: int
    frames: tuple[Frame, ...]


class Recording(NamedTuple):
    """Tables and packets of one network; ``about`` says where they come from."""

    about: Mapping[str, Any]
    places: tuple[Place, ...]
    sent: tuple[Sent, ...]

    def place(self, netns: str) -> Place:
        """Return a namespace by name; BadInput if it was not recorded."""
        for each in self.places:
            if each.netns == netns:
                return each
        raise BadInput("namespace of the recording", netns, [p.netns for p in self.places])

    def packet(self, name: str | None = None) -> Sent:
        """Return a packet by name (the first when None); BadInput lists the valid ones."""
        for each in self.sent:
            if name in (None, each.name):
                return each
        raise BadInput("packet of the recording", name, [each.name for each in self.sent])

    def __repr__(self) -> str:
        words = [str(self.about[key]) for key in ("plugin", "mode") if self.about.get(key)]
        packets = [f"{each.name} ({len(each.frames)} frames)" for each in self.sent]
        return (
            f"recording of {' '.join(words) or 'a network'} in {self.about.get('kernel') or 'an unknown kernel'}: "
            f"{len(self.places)} namespaces, {', '.join(packets) or 'no packet'}"
        )


def write(recording: Recording, path: Path | str) -> None:
    """Write a recording as a folder, whole or not at all; BadInput when something is there already.

    LabError in one line when the disk is full or the place may not be written to.  What a writer that
    was killed has left beside it goes.
    """
    target = Path(path)
    if target.exists():
        raise BadInput("folder for the recording", str(target), ["one that does not exist yet"])
    part = target.parent / f".{target.name}.{os.getpid()}.part"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for each in target.parent.glob(f".{escape(target.name)}.*.part"):
            if not _alive(each.suffixes[-2:]):
                shutil.rmtree(each, ignore_errors=True)
        part.mkdir()
        _fill(part, recording)
        part.rename(target)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise LabError(f"recording, {target}: {error.strerror or error}; nothing was kept") from None
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _alive(suffixes: list[str]) -> bool:
    """Say whether the process still runs whose number is the first suffix, ``.4711``; in doubt it does."""
    try:
        os.kill(int(suffixes[0][1:]), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError, IndexError):
        return True
    return True


def _fill(folder: Path, recording: Recording) -> None:
    head = {
        "about": {"version": VERSION, **recording.about},
        "places": [{k: v for k, v in p._asdict().items() if k != "files"} for p in recording.places],
        "sent": [{k: v for k, v in s._asdict().items() if k != "frames"} for s in recording.sent],
    }
    (folder / HEAD).write_text(json.dumps(head, indent=1) + "\n")
    for place in recording.places:
        (folder / place.netns).mkdir()
        for name, text in place.files.items():
            (folder / place.netns / name).write_text(text)
    for sent in recording.sent:
        (folder / f"{sent.name}.pcapng").write_bytes(_pcapng(sent))


def _pcapng(sent: Sent) -> bytes:
    names = list(dict.fromkeys(f"{f.netns}:{f.dev}" for f in sent.frames))
    bare = {f"{f.netns}:{f.dev}" for f in sent.frames if f.bare}
    return write_pcapng(
        [(name, RAW if name in bare else ETHERNET) for name in names],
        [(names.index(f"{f.netns}:{f.dev}"), f.time_ns, f.direction, f.data) for f in sent.frames],
    )


def read(path: Path | str) -> Recording:
    """Read a folder that ``write`` wrote; BadInput says in one line which file is wrong, and how."""
    folder = Path(path)
    if not folder.is_dir():
        raise BadInput("recording", str(folder), ["a folder with recording.json"])
    head = _head(folder)
    places = tuple(_place(folder, each) for each in head["places"])
    known = {(place.netns, link.ifname) for place in places for link in place.links()}
    return Recording(
        head["about"], places, tuple(_sent(folder, each, places, known) for each in head["sent"])
    )


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
    if head["about"].get("version") != VERSION:
        raise BadInput(f"recording, {HEAD}, version", head["about"].get("version"), [str(VERSION)])
    return head


def _parsed(file: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise _fail(file, f"no JSON at line {error.lineno}: {error.msg}") from None


def _named(file: Path, value: Any) -> str:
    """Return a name that stays inside the folder."""
    if not isinstance(value, str) or not re.fullmatch(r"[\w@][\w.@+-]*", value):
        raise _fail(file, f"name {value!r}")
    return value


def _place(folder: Path, each: Any) -> Place:
    head = folder / HEAD
    if not isinstance(each, dict) or set(each) != set(Place._fields) - {"files"}:
        raise _fail(head, f"place {each!r}")
    if each["kind"] not in KINDS:
        raise BadInput(f"recording, {HEAD}, kind of {each['netns']}", each["kind"], KINDS)
    inside = folder / _named(head, each["netns"])
    if not inside.is_dir():
        raise BadInput("recording", f"no folder {inside.name}")
    files = {name: _text(inside / name) for name in COMMANDS if (inside / name).exists()}
    if "link.json" not in files:
        raise BadInput("recording", f"no {inside.name}/link.json")
    for name, text in files.items():
        if name.endswith(".json") and text.strip():
            _parsed(inside / name, text)
    place = Place(**each, files=files)
    try:
        _ = place.links(), place.addresses(), place.routes(), place.neighbours(), place.forwarding()
        place.rules()
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise BadInput(f"recording, tables of {place.netns}", str(error)) from None
    return place


def _sent(folder: Path, each: Any, places: tuple[Place, ...], known: set[tuple[str, str]]) -> Sent:
    file = folder / f"{_named(folder / HEAD, _packet(folder / HEAD, each, places)['name'])}.pcapng"
    try:
        if file.stat().st_size > LARGEST:
            raise _fail(file, f"more than {LARGEST} bytes")
        frames = read_frames(file.read_bytes())
    except OSError as error:
        raise _fail(file, error.strerror or "cannot be read") from None
    except BadInput:
        raise
    except ValueError as error:
        raise _fail(file, str(error)) from None
    for frame in frames:
        if (frame.netns, frame.dev) not in known:
            raise _fail(file, f"device {frame.netns}:{frame.dev}, which no link.json has")
    return Sent(**each, frames=tuple(frames))


def _packet(head: Path, each: Any, places: tuple[Place, ...]) -> dict[str, Any]:
    """Return what the head says of a packet; a recording that only listened has no sender and no goal."""
    if not isinstance(each, dict) or set(each) != set(Sent._fields) - {"frames"}:
        raise _fail(head, f"packet {each!r}")
    name = each["name"]
    if each["src"] and each["src"] not in {place.netns for place in places}:
        raise BadInput(f"recording, {HEAD}, src of {name}", each["src"], [place.netns for place in places])
    if each["proto"] not in PROTOCOLS:
        raise BadInput(f"recording, {HEAD}, proto of {name}", each["proto"], PROTOCOLS)
    try:
        if each["dst"]:
            IPv4Address(each["dst"])
    except (AddressValueError, TypeError):
        raise BadInput(f"recording, {HEAD}, dst of {name}", each["dst"], ["an IPv4 address"]) from None
    for field, most in NUMBERS.items():
        value = each[field]
        if (value is not None or field != "size") and not (type(value) is int and 0 <= value <= most):
            raise BadInput(f"recording, {HEAD}, {field} of {name}", value, [f"0 to {most}"])
    return each
