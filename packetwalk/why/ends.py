"""The ends of a packet's way, by the names that the recording knows: a pod, a node, an address, a Service."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import AddressValueError, IPv4Address
from typing import NamedTuple

from packetwalk.capture.recording import Place, Recording
from packetwalk.errors import BadInput
from packetwalk.tables.address import ADDRESSES
from packetwalk.tables.route import ROUTES

SHOWN = 8
IPTABLES_SERVICE = re.compile(
    r'-d (?P<address>[\d.]+)(?:/32)? .*?"(?P<name>[^\s":]+/[^\s":]+)(?::[^\s"]+)? cluster IP".*? --dport (?P<port>\d+)'
)
NFT_SERVICE = re.compile(
    r"(?P<address>[\d.]+) \. (?:tcp|udp|sctp) \. (?P<port>\d+)[^\n]*?goto service-\w+-(?P<name>[^/\s]+/[^/\s]+)/"
)


class KnownEnd(NamedTuple):
    """One end: the namespace whose it is (empty: nobody's that was recorded), the address, and the port (0: none)."""

    name: str
    netns: str
    address: str
    port: int


class RecordedService(NamedTuple):
    """A Service as the rules of a node know it."""

    name: str
    address: str
    port: int


def end(recording: Recording, text: str) -> KnownEnd:
    """Read ``POD``, ``NODE``, ``SERVICE`` or an address, each with ``:PORT``; BadInput lists what there is."""
    name, colon, said = text.partition(":")
    port = _port(text, said) if colon else 0
    for place in recording.places:
        if name in (place.netns, place.label, place.label.removeprefix("pod ")):
            return KnownEnd(name, place.netns, main_address(place), port)
    for service in services(recording):
        if name in (service.name, service.name.partition("/")[2]):
            return KnownEnd(service.name, "", service.address, port or service.port)
    try:
        address = str(IPv4Address(name))
    except AddressValueError:
        raise BadInput("end of the packet's way", text, _known(recording)) from None
    return KnownEnd(address, owner(recording, address), address, port)


def _port(text: str, said: str) -> int:
    if not (said.isascii() and said.isdigit()) or not 1 <= int(said[:6]) <= 65535:
        raise BadInput(f"port in {text}", said, ["1 to 65535"])
    return int(said)


def _known(recording: Recording) -> Iterable[str]:
    names = [place.netns for place in recording.places] + [each.name for each in services(recording)]
    return [*names[:SHOWN], *(["..."] if len(names) > SHOWN else []), "an IPv4 address"]


def owner(recording: Recording, address: str) -> str:
    """Return the namespace that has an address; empty where none that was recorded has it."""
    for place in recording.places:
        if any(each.local == address and each.dev != "lo" for each in place.entries(ADDRESSES)):
            return place.netns
    return ""


def main_address(place: Place) -> str:
    """Return the address that a machine is known by: of the device of its default route, else its first; empty without one."""
    addresses = [each for each in place.entries(ADDRESSES) if each.dev != "lo"]
    ways_out = [route.dev for route in place.entries(ROUTES) if route.dst == "default"]
    addresses.sort(key=lambda each: each.dev not in ways_out)
    return addresses[0].local if addresses else ""


def services(recording: Recording) -> list[RecordedService]:
    """Return the Services that kube-proxy's rules of any node name, each with its first port."""
    found: dict[str, RecordedService] = {}
    for place in recording.places:
        for each in _services(place):
            found.setdefault(each.name, each)
    return list(found.values())


def _services(place: Place) -> Iterator[RecordedService]:
    for file, pattern in (("iptables.txt", IPTABLES_SERVICE), ("nft.txt", NFT_SERVICE)):
        for line in place.files.get(file, "").splitlines():
            if hit := pattern.search(line):
                yield RecordedService(hit["name"], hit["address"], int(hit["port"]))
