"""The packet that a program sends: one value, from the question to the model, the kernel and the recording."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TypedDict

from packetwalk.errors import BadInput

PROTOCOLS = {"icmp": 1, "udp": 17, "tcp": 6}
"""What can be sent, with the number in the IP header (IANA protocol numbers)."""
PING = 56  # bytes of data in a ping, unless another size is asked for (ping(8), -s)
LARGEST = {"icmp": 65507, "udp": 65507, "tcp": 14480}
"""The most bytes behind an IP header of 20 bytes and one of ICMP or UDP (8); of TCP ten segments of 1448 bytes."""


_ROUND = bytes(range(256))


def pattern(start: int, end: int) -> bytes:
    """Return what programs write, from a byte up to before another: 0, 1 ... 255, 0 ..., as ping does."""
    first, length = start & 255, end - start
    return (_ROUND * ((first + length) // 256 + 1))[first : first + length]


class PacketOptions(TypedDict, total=False):
    """The fields of a packet as keyword arguments; one that is None is as good as left out."""

    proto: str | None
    size: int | None
    df: bool | None
    ttl: int | None
    cold: bool | None
    sport: int | None
    tos: int | None


@dataclass(frozen=True, slots=True)
class Packet:
    """What a program sends; BadInput for a value that no packet can have.

    ``size`` is the payload in bytes: what ping sends when it is left out; of TCP what the client writes when
    the connection is open, by itself nothing.  ``df`` asks for the flag "don't fragment", ``ttl`` is the time to live in the IP header, ``sport``
    the port of the sender, which ICMP has not.  ``cold`` says that nobody on its way has asked ARP before.
    The command line has an option for each field that has a ``help``.
    """

    proto: str = field(
        default="icmp",
        metadata={
            "help": "else tcp where --dst has a port, the scenario's own, or icmp",
            "metavar": "|".join(PROTOCOLS),
        },
    )
    size: int = field(  # type: ignore[assignment]  # None is the usual one of the protocol
        default=None,
        metadata={"help": f"payload, default {PING}; of TCP, once it is open, none", "metavar": "BYTES"},
    )
    df: bool = field(default=False, metadata={"help": "do not fragment"})
    ttl: int = field(default=64, metadata={"help": "time to live, default 64"})
    cold: bool = field(default=False, metadata={"help": "nobody has asked ARP yet"})
    sport: int = 40000
    tos: int = field(default=0, metadata={"help": "type of service, with the ECN bits, default 0"})

    def __post_init__(self) -> None:
        if self.proto not in tuple(PROTOCOLS):
            raise BadInput("protocol", self.proto, PROTOCOLS)
        least, most = int(self.proto != "tcp"), LARGEST[self.proto]
        if self.size is None:
            object.__setattr__(self, "size", _usual(self.proto))
        _whole("size in bytes", self.size, least, most)
        _whole("ttl", self.ttl, 1, 255)
        _whole("tos", self.tos, 0, 255)
        _whole("source port", self.sport, 0, 65535)
        for name in ("df", "cold"):
            if not isinstance(getattr(self, name), bool):
                raise BadInput(name, getattr(self, name), ["True", "False"])

    @classmethod
    def of(cls, given: PacketOptions, *otherwise: PacketOptions) -> Packet:
        """Return a packet with the fields that are given, then those of the next that names them.

        A size is given or the protocol's own: one that was meant for another protocol is not taken for TCP.
        BadInput for a field that a packet has not.
        """
        found: dict = {}
        for each in (given, *otherwise):
            for name, value in each.items():
                if name not in FIELDS:
                    raise BadInput("option of a packet", name, FIELDS)
                if value is not None:
                    found.setdefault(name, value)
        if found.get("proto") == "tcp" and given.get("size") is None:
            found.pop("size", None)
        return cls(**found)

    @classmethod
    def towards(cls, dst: str, given: PacketOptions, *otherwise: PacketOptions) -> Packet:
        """Return a packet as ``of``, to an end of a way: one with a port is TCP where nothing else is given.

        BadInput for a ping to a port.
        """
        made = cls.of(given, {"proto": "tcp"} if has_port(dst) else {}, *otherwise)
        made.may_go_to(dst)
        return made

    def may_go_to(self, dst: str) -> None:
        """Raise BadInput for a ping to a port: ICMP has none."""
        if self.proto == "icmp" and has_port(dst):
            raise BadInput(
                f"port in {dst} for icmp", dst.rpartition(":")[2], ["none", "proto tcp", "proto udp"]
            )

    def options(self) -> PacketOptions:
        """Return the fields by name, a type of service where there is one; ``Packet.of`` makes the same packet of them."""
        return {name: getattr(self, name) for name in FIELDS if name != "tos" or self.tos}  # type: ignore[return-value]

    @property
    def label(self) -> str:
        """A word for names and tables: ``icmp``, ``icmp-3000``, ``udp-1472-df``."""
        size = f"-{self.size}" if self.size != _usual(self.proto) else ""
        tos = f"-tos-{self.tos:#04x}" if self.tos else ""
        return f"{self.proto}{size}{'-df' if self.df else ''}{tos}"


def has_port(end: str) -> bool:
    """Say whether an end of a way has a port behind it: one of IPv6 stands in brackets then."""
    return ":" in end.rpartition("]")[2] if end.startswith("[") else end.count(":") == 1


FIELDS = tuple(each.name for each in fields(Packet))


def _usual(proto: str) -> int:
    return 0 if proto == "tcp" else PING


def _whole(what: str, value: object, least: int, most: int) -> None:
    if type(value) is not int or not least <= value <= most:
        raise BadInput(what, value, [f"{least} to {most}"])
