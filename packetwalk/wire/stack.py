"""A packet: a tuple of headers, outermost first. Its size, its bytes, and what Wireshark would say of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from packetwalk.wire.data import Data
from packetwalk.wire.header import CARRIED, HEADERS, Header, Value
from packetwalk.wire.internet import Internet
from packetwalk.wire.udp import Udp

Stack = tuple[Header, ...]
Kept = dict[tuple[Any, ...], tuple[bytes, dict[str, Value]]]


def size(stack: Stack) -> int:
    """Return the bytes of the whole packet."""
    total = 0
    for header in stack:
        total += header.size
    return total


def encode(stack: Stack) -> bytes:
    """Return the packet's bytes, with lengths and checksums filled in.

    A header that carries no other (a fragment, TCP, ICMP) may be followed by Data only.
    ValueError says what does not fit.
    """
    wire = b""
    for header, ip in _inside_out(stack):
        wire = header.encode(wire, ip)
    return wire


def describe(stack: Stack, kept: Kept | None = None) -> list[dict[str, Value]]:
    """Return one flat dict for each header: proto, size, its bytes in hex, and its fields under Wireshark's names.

    ``kept`` remembers each header with what it carries: stacks described with the same one share these dicts.
    """
    kept = {} if kept is None else kept
    described: list[dict[str, Value]] = []
    wire = b""
    for header, ip in _inside_out(stack):
        key = type(header), header, wire, ip and (ip.src, ip.dst)
        if key not in kept:
            whole = header.encode(wire, ip)
            raw = whole[: header.size]
            shown = {"proto": header.proto, "size": len(raw), "bytes": raw.hex(), **header.fields(raw)}
            kept[key] = whole, shown
        wire, shown = kept[key]
        described.append(shown)
    return described[::-1]


def _inside_out(stack: Stack) -> Iterator[tuple[Header, Internet | None]]:
    """Yield the headers from the innermost outwards, each with the nearest IP header outside it."""
    nearest: list[Internet | None] = [None]
    for header in stack:
        nearest.append(header if isinstance(header, Internet) else nearest[-1])
    inner: Header | None = None
    for header, ip in zip(reversed(stack), nearest[-2::-1], strict=True):
        if header.carries is None and inner is not None and not isinstance(inner, Data):
            what = "a fragment" if hasattr(header, "fragment") else header.proto
            raise ValueError(f"{header.proto}: {inner.proto} cannot follow {what}; give its bytes as Data")
        inner = header
        yield header, ip


def decode(data: bytes, first: str = "eth", udp_ports: Mapping[int, str] | None = None) -> Stack:
    """Read the headers in `data`, the outermost being of protocol `first`: the inverse of `encode`.

    What no header is announced for becomes Data; an empty payload becomes nothing. `udp_ports` stands in place
    of the headers' own UDP ports. Lengths and checksums are not kept: encode derives them again. ValueError names the header, its byte offset and what is wrong.
    """
    if first not in HEADERS:
        raise ValueError(f"no protocol {first!r}; there are {', '.join(sorted(HEADERS))}")
    stack: list[Header] = []
    at, end = 0, len(data)
    proto = first
    while not stack or at < end:
        header, end = HEADERS[proto].decode(data, at, end)
        stack.append(header)
        at += header.size
        proto = _next(header, udp_ports)
    return tuple(stack)


def _next(header: Header, udp_ports: Mapping[int, str] | None) -> str:
    """Name the protocol that follows."""
    number = header.carries
    if number is None:
        return Data.proto
    if udp_ports is not None and isinstance(header, Udp):
        return udp_ports.get(number, Data.proto)
    return CARRIED.get((header.numbering, number), Data.proto)
