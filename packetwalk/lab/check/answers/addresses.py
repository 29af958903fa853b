"""Addresses as people write them and as tools print them: MACs, IPv4, with a port."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv4Interface
from typing import TYPE_CHECKING, Any

from packetwalk.lab.check.answers.numbers import number
from packetwalk.lab.check.answers.said import alone, text, unread
from packetwalk.lab.grounds.ground import Handle

if TYPE_CHECKING:
    from packetwalk.lab.grounds.ground import Ground

MAC = re.compile(r"(?<![\w:.-])(?:[0-9a-f]{1,2}(?:[:-][0-9a-f]{1,2}){5}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}|[0-9a-f]{12})(?![\w:-])", re.I)
ADDRESS = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\d)")
END = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3})[\s:.,]+(?:port\s*)?(\d+)\b")


def mac(given: Any, cluster: Ground | None = None) -> str:
    """Read a MAC, or the only one of a line: upper or lower case, with colons, dashes, dots or nothing between."""
    del cluster
    one = alone(given)
    said = one.hex() if isinstance(one, bytes) and len(one) == 6 else text(one)
    found = {_mac(each) for each in MAC.findall(said)}
    if len(found) != 1:
        raise unread("MAC", given, ["six bytes, as in 02:00:0a:f4:02:00"])
    return found.pop()


def _mac(said: str) -> str:
    parts = re.split("[:-]", said)
    digits = "".join(part.zfill(2) for part in parts) if len(parts) == 6 else said.replace(".", "")
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2)).lower()


def address(given: Any, cluster: Ground | None = None) -> str:
    """Read an IPv4 address, or the only one of a line; a pod, a node or a Service stands for its own."""
    one = alone(given)
    if isinstance(one, Handle):
        return one.address
    if isinstance(one, IPv4Interface):
        return str(one.ip)
    said = text(one)
    known = cluster.find(said) if cluster else None
    found = set(ADDRESS.findall(said)) if known is None else {known}
    if len(found) != 1:
        raise unread("address", given, ["one IPv4 address"])
    return _address(found.pop(), given)


def _address(said: str, given: Any) -> str:
    try:
        return str(IPv4Address(said))
    except AddressValueError:
        raise unread("address", given, ["one IPv4 address"]) from None


def end(given: Any, cluster: Ground | None = None) -> str:
    """Read ADDRESS:PORT; also a pair, and as tcpdump writes it."""
    if isinstance(given, list | tuple) and len(given) == 2:
        return f"{address(given[0], cluster)}:{number(given[1])}"
    found = set(END.findall(text(alone(given))))
    if len(found) != 1:
        raise unread("address and port", given, ["ADDRESS:PORT"])
    where, port = found.pop()
    return f"{_address(where, given)}:{port}"
