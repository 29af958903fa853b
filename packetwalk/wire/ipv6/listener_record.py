"""A record of a multicast listener's report, version 2 (RFC 3810, section 5.2): one group, and what is wanted of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from packetwalk.wire.address import ipv6_from_int
from packetwalk.wire.data import Data
from packetwalk.wire.header import Field, Header, Layout, Value
from packetwalk.wire.ipv6.icmpv6 import LISTENERS

if TYPE_CHECKING:
    from packetwalk.wire.internet import Internet

TO_EXCLUDE = 4
"""The type of a record by which a machine joins a group, whoever sends to it."""
ADDRESS = 16


class _Fields(NamedTuple):
    type: int
    group: str
    sources: bytes = b""


class ListenerRecord(_Fields, Header):
    """Of `group` the sender wants what these senders send, or all but that: so says `type`; `sources` are raw."""

    __slots__ = ()
    proto = "mld-record"
    LAYOUT = Layout(
        proto,
        Field("icmpv6.mldr.mar.record_type", 8),
        Field("icmpv6.mldr.mar.aux_data_len", 8),
        Field("icmpv6.mldr.mar.nb_sources", 16),
        Field("icmpv6.mldr.mar.multicast_address", 128, "ipv6"),
        Field("icmpv6.mldr.mar.source_address", 0, "bytes"),
    )
    carried_by = (("icmpv6", LISTENERS), (proto, 0))

    @property
    def size(self) -> int:
        """20 bytes and the sources."""
        return self.LAYOUT.size + len(self.sources)

    @property
    def carries(self) -> int:
        """More records may follow."""
        return 0

    def encode(self, payload: bytes, ip: Internet | None) -> bytes:
        """Return the record; ValueError where `sources` are no whole addresses."""
        count, odd = divmod(len(self.sources), ADDRESS)
        if odd:
            raise ValueError(f"{self.proto}: {len(self.sources)} bytes of sources, not a multiple of {ADDRESS}")
        return self.LAYOUT.pack(self.type, 0, count, self.group, self.sources) + payload

    @classmethod
    def decode(cls, data: bytes, at: int, end: int) -> tuple[Self | Data, int]:
        """Read the record with its sources; one with auxiliary data, which no standard has, stays Data."""
        values = cls.LAYOUT.unpack(data, at, end)
        start = at + cls.LAYOUT.size
        last = start + ADDRESS * values["icmpv6.mldr.mar.nb_sources"]
        if last > end:
            raise cls.LAYOUT.error(at, f"{values['icmpv6.mldr.mar.nb_sources']} sources, but {end - start} bytes are there")
        if values["icmpv6.mldr.mar.aux_data_len"]:
            return Data.decode(data, at, end)
        kind, group = values["icmpv6.mldr.mar.record_type"], values["icmpv6.mldr.mar.multicast_address"]
        return cls(kind, group, data[start:last]), end

    def fields(self, raw: bytes) -> dict[str, Value]:
        """Name the sources as addresses."""
        named = self.LAYOUT.show(raw)
        if self.sources:
            starts = range(0, len(self.sources), ADDRESS)
            listed = [ipv6_from_int(int.from_bytes(self.sources[k : k + ADDRESS])) for k in starts]
            named["icmpv6.mldr.mar.source_address"] = ",".join(listed)
        return named
