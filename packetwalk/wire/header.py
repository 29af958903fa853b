"""What every header is: one declarative layout, a size, and a way to and from bytes.

A layout lists the fields of a header in the order of the wire, under the names Wireshark gives them.
Encoding, decoding, the description of a header and the player's hex view all derive from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from packetwalk.wire.address import (
    ipv4_from_int,
    ipv4_to_int,
    ipv6_from_int,
    ipv6_to_int,
    mac_from_int,
    mac_to_int,
)

if TYPE_CHECKING:
    from packetwalk.wire.internet import Internet

Value = int | str | bool
Kind = str  # "uint", "hex", "flag", "mac", "ipv4", "ipv6" or "bytes"


class Field(NamedTuple):
    """One field of a layout.

    `bits` is its width; 0 means the rest of the header (kind "bytes", last field only).
    `unit` is what one unit on the wire stands for: `ip.hdr_len` counts words of 4 bytes and `ip.frag_offset` of 8,
    and both show bytes, as Wireshark's window does.
    `little` numbers have their lowest byte first, as WireGuard's.
    `at` is given only for a part of fields already listed, or another reading of them: the bit offset to read from.
    """

    name: str
    bits: int
    kind: Kind = "uint"
    unit: int = 1
    at: int | None = None
    little: bool = False


class Layout:
    """The fields of one header.

    `size` is its fixed part in bytes, `bits` is [name, bit offset, bit length] for each field.
    """

    def __init__(self, proto: str, *fields: Field) -> None:
        """Place the fields one after the other, from bit 0, the highest bit of the first byte."""
        self.proto = proto
        self.stored = [field for field in fields if field.at is None]
        self.size = sum(field.bits for field in self.stored) // 8
        self.bits: list[list[str | int]] = []
        self._places: list[tuple[Field, int, int]] = []  # field, right shift, mask
        self._rest: Field | None = None
        offset = 0
        for field in fields:
            start = offset if field.at is None else field.at
            self.bits.append([field.name, start, field.bits])
            if field.bits == 0:
                self._rest = field
                continue
            self._places.append((field, self.size * 8 - start - field.bits, (1 << field.bits) - 1))
            if field.at is None:
                offset += field.bits

    def pack(self, *values: Value | bytes) -> bytes:
        """Put the values into bytes, one for each field without `at`; ValueError names the field that does not fit."""
        number, rest = 0, b""
        for field, value in zip(self.stored, values, strict=True):
            if isinstance(value, bytes):
                rest = value
                continue
            bits = _to_bits(self.proto, field, value)
            if not 0 <= bits < 1 << field.bits:
                raise ValueError(f"{self.proto}: {field.name} {value} does not fit {field.bits} bits")
            number = number << field.bits | bits
        return number.to_bytes(self.size, "big") + rest

    def unpack(self, data: bytes, at: int, end: int) -> dict[str, Any]:
        """Read the fixed part at byte `at` of `data`, which ends at byte `end`: field name to int, bool or address.

        ValueError when the header is cut short.
        """
        if end - at < self.size:
            raise self.error(at, f"truncated, {max(end - at, 0)} of {self.size} bytes are there")
        number = int.from_bytes(data[at : at + self.size], "big")
        return {field.name: _from_bits(field, number >> shift & mask) for field, shift, mask in self._places}

    def show(self, raw: bytes) -> dict[str, Value]:
        """Name what the bytes of one header say, in the order of the wire and printed as Wireshark prints it."""
        values: dict[str, Value] = self.unpack(raw, 0, len(raw))
        for field, _, _ in self._places:
            if field.kind == "hex":
                values[field.name] = f"0x{values[field.name]:0{(field.bits + 7) // 8 * 2}x}"
        if self._rest is not None and len(raw) > self.size:
            values[self._rest.name] = raw[self.size :].hex()
        return values

    def error(self, at: int, what: str) -> ValueError:
        """Say in one line which header, where and what is wrong."""
        return ValueError(f"{self.proto} at byte {at}: {what}")


READ = {"mac": mac_to_int, "ipv4": ipv4_to_int, "ipv6": ipv6_to_int}


def _to_bits(proto: str, field: Field, value: Value) -> int:
    if isinstance(value, int):
        if field.little and 0 <= value < 1 << field.bits:
            return _swapped(field, value)
        if value % field.unit:
            raise ValueError(f"{proto}: {field.name} {value} is not a multiple of {field.unit}")
        return int(value) // field.unit
    try:
        return READ[field.kind](value)
    except ValueError as wrong:
        raise ValueError(f"{proto}: {field.name} {wrong}") from None


def _from_bits(field: Field, bits: int) -> Value:
    match field.kind:
        case "mac":
            return mac_from_int(bits)
        case "ipv4":
            return ipv4_from_int(bits)
        case "ipv6":
            return ipv6_from_int(bits)
        case "flag":
            return bool(bits)
    return _swapped(field, bits) if field.little else bits * field.unit


def _swapped(field: Field, bits: int) -> int:
    return int.from_bytes(bits.to_bytes(field.bits // 8, "big"), "little")


HEADERS: dict[str, type[Header]] = {}
"""Every header by its protocol; a class is noted here when its file is read."""
CARRIED: dict[tuple[str, int], str] = {}
"""The protocol that follows, by the protocol above it and the number which that one uses for it."""


class Header:
    """What the header classes share. Each is a NamedTuple of its fields with this as a mixin."""

    __slots__ = ()
    proto: ClassVar[str]
    """Wireshark's name of the protocol."""
    LAYOUT: ClassVar[Layout]
    carried_by: ClassVar[tuple[tuple[str, int], ...]] = ()
    """Where the header is announced: (protocol above it, the number that protocol uses for it)."""
    numbering: ClassVar[str]
    """The protocol by whose numbers this one announces the next: its own, unless it says another."""

    def __init_subclass__(cls) -> None:
        if "proto" in cls.__dict__:
            HEADERS[cls.proto] = cls
            cls.numbering = cls.__dict__.get("numbering", cls.proto)
            CARRIED.update(dict.fromkeys(cls.carried_by, cls.proto))

    @property
    def size(self) -> int:
        """Bytes of this header alone; a plain class attribute where it is fixed."""
        return self.LAYOUT.size

    @property
    def carries(self) -> int | None:
        """The number by which this header announces the next one; None when only data can follow."""
        return None

    def encode(self, payload: bytes, ip: Internet | None) -> bytes:
        """Return the header with its payload; `ip` is the nearest IP header outside it (for the pseudo header)."""
        raise NotImplementedError

    @classmethod
    def decode(cls, data: bytes, at: int, end: int) -> tuple[Header, int]:
        """Read the header at byte `at`; return it and the byte where its payload ends. ValueError for bad input."""
        raise NotImplementedError

    def fields(self, raw: bytes) -> dict[str, Value]:
        """Name what the header's own bytes say, as Wireshark would."""
        return self.LAYOUT.show(raw)
