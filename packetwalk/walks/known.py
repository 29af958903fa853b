"""What listings ask of a walk: the tables of its namespaces, whether a run of the model has them or a recording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from packetwalk.tables import Contents, Table
from packetwalk.tables.table import E


class ListedNetns(Contents, Protocol):
    """A namespace that listings are made of; ``origin`` says who wrote an entry, and where that is said."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def node(self) -> str:
        """The node it is on."""

    @property
    def kind(self) -> str:
        """``pod``, ``node``, ``router`` or ``outside``."""

    @property
    def label(self) -> str:
        """What people call it."""

    @property
    def origin(self) -> Mapping[Any, tuple[str, str]]:
        """The authors of its entries."""


class Known(Protocol):
    """What is known of a walk's namespaces: a run of the model, or a recording."""

    def netns(self, name: str) -> ListedNetns:
        """Return a namespace by name."""

    def lines(self, netns: str, table: Table[E]) -> Sequence[E]:
        """Return what the walk has taught a namespace's table."""


class Learnt:
    """The tables of a namespace with what a walk has taught them."""

    def __init__(self, ns: ListedNetns, known: Known) -> None:
        self._ns, self._known = ns, known

    def entries(self, table: Table[E]) -> Sequence[E]:
        """Return what was written, then what was learnt and is not the same."""
        written, learnt = self._ns.entries(table), self._known.lines(self._ns.name, table)
        return list(dict.fromkeys([*written, *learnt])) if learnt else written
