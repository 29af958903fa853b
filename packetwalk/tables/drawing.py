"""What a random change of a table is drawn from: a source of chance that is handed in, and what is around."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeVar

T = TypeVar("T")


class Pick(Protocol):
    """Chance, handed in; the same answers make the same commands."""

    def whole(self, low: int, high: int) -> int:
        """Return a number from ``low`` to ``high``."""

    def one_of(self, among: Sequence[T]) -> T:
        """Return one of several; the first is the simplest."""

    def chance(self, percent: int) -> bool:
        """Return True so many times in a hundred."""


class Around(NamedTuple):
    """What a command in a namespace can name.

    ``devices`` are (name, kind, bridge it is a port of or nothing); ``own`` are the namespace's addresses,
    ``addresses`` those of the cluster, ``networks`` their networks; ``macs`` are MACs of the cluster;
    ``present`` are the lines that the table has at first, as their commands would make them; ``before`` are the
    commands that were drawn for this namespace before; ``protocols`` are those of the packets that will be sent.
    """

    devices: tuple[tuple[str, str, str], ...]
    own: tuple[str, ...]
    addresses: tuple[str, ...]
    networks: tuple[str, ...]
    macs: tuple[str, ...]
    present: tuple[list[str], ...] = ()
    before: tuple[tuple[str, ...], ...] = ()
    protocols: tuple[str, ...] = ()

    def of_kind(self, *kinds: str) -> list[str]:
        """Return the devices of some kinds."""
        return [name for name, kind, _ in self.devices if kind in kinds]

    @property
    def ports(self) -> list[str]:
        """The ports of bridges."""
        return [name for name, _, bridge in self.devices if bridge]

    @property
    def names(self) -> list[str]:
        """All devices but the loopback."""
        return [name for name, _, _ in self.devices if name != "lo"]
