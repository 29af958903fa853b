"""What every kind of table has: how it is kept, asked for, read, printed, shown and compared.

A table is one file of this folder: the entry, and a ``Table`` that says the rest.  Whatever works with all
tables (a namespace of the model, listings, text and JSON, recordings, comparison) goes through
``packetwalk.tables.every_table``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from packetwalk.tables.drawing import Around, Pick
from packetwalk.tables.entry import Entry

E = TypeVar("E", bound=Entry)
Files = Mapping[str, str]
"""What commands printed, by the name of the file that keeps it in a recording."""


class Contents(Protocol):
    """The tables of one namespace, whoever keeps them: the model, a walk that has learnt more, a recording."""

    def entries(self, table: Table[E]) -> Sequence[E]:
        """Return the lines of a table."""


class Recorded(Contents, Protocol):
    """The tables of a recorded namespace."""

    @property
    def files(self) -> Files:
        """What the commands printed there."""


class Part(NamedTuple):
    """A part of a table that can be asked for alone: its name in the namespace, the command, what is in it."""

    name: str
    command: str
    has: Callable[[Any], bool] = lambda entry: True


class Sides(NamedTuple):
    """The lines of a table that are compared, of the model and of a recording."""

    model: list[str]
    recorded: list[str]


class Section(NamedTuple):
    """What a command prints."""

    command: str
    lines: list[str]


def as_object(entry: Any) -> dict[str, Any]:
    """Return a line as ``-j`` prints it; by its members where the tool has no such form."""
    return entry.json() if hasattr(entry, "json") else entry._asdict()


@dataclass(frozen=True, eq=False)
class Table(Generic[E]):
    """One kind of table.

    ``name`` is what walks and JSON call it, ``command`` prints all of it, ``holds`` are the classes of its
    entries.  ``rank`` is its place among the tables; ``by`` the author of what is learnt while packets travel.
    ``files`` are the commands of a recording, by the name of the file that keeps the answer; none asks for a
    secret.  ``always`` says that an empty one is shown too; ``hidden`` that it is shown where a walk cites
    it, but not among the tables of a namespace; ``second`` that it is IPv6's, and asked for where a plan has IPv6.  ``usual`` says that there may be lines which no plan has
    written, so that a proof always asks; ``compared`` that a proof compares it at all, and ``masks`` say what it
    does not compare, and why.  ``chances`` are how many times as often as another table it is drawn from, ``then``
    the name of the table that a change mostly waits for.
    """

    name: str
    command: str
    holds: tuple[type, ...]
    rank: int
    by: str = "kernel"
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    always: bool = False
    hidden: bool = False
    second: bool = False
    usual: bool = False
    compared: bool = True
    chances: int = 1
    then: str = ""
    masks: Mapping[str, str] = field(default_factory=dict)

    # How it is kept.

    def key(self, entry: E) -> Hashable:
        """Return what no two lines share, so that a new one takes the old one's place; None: each is appended."""
        return None

    def hold(self, written: Iterable[E]) -> list[E]:
        """Return what the table holds when all this has been written to it, in this order."""
        held: dict[Hashable, E] = {}
        for entry in written:
            key = self.key(entry)
            held[len(held) if key is None else key] = entry
        return list(held.values())

    def own(self, contents: Contents) -> Iterator[E]:
        """Yield what the kernel adds by itself; ``contents`` has the tables of lower rank."""
        yield from ()

    def cause(self, entry: E, contents: Contents) -> Entry | None:
        """Return the line of another table with which the kernel added one of ``own``; None: it came last."""
        return None

    def author(self, entry: E) -> str:
        """Return who wrote a line, as far as the line itself says it."""
        return ""

    # How it is shown.

    def in_order(self, entries: Iterable[E]) -> list[E]:
        """Return lines in the order in which the tool prints them."""
        return list(entries)

    def part(self, entry: E) -> Part:
        """Return the part of the table that people look at for an entry."""
        return Part(self.name, self.command)

    def lines(self, entries: Iterable[E]) -> list[str]:
        """Return what the tool prints of some entries."""
        return [str(entry) for entry in self.in_order(entries)]

    def sections(self, contents: Contents) -> list[Section]:
        """Return what is shown of it among the tables of a namespace; nothing for a hidden one."""
        return [] if self.hidden else [Section(self.command, self.lines(contents.entries(self)))]

    def draw(self, pick: Pick, around: Around) -> list[str] | None:
        """Return a command that changes it somehow, as ``prove --random`` tries; None: it is left alone."""
        return None

    def json(self, contents: Contents) -> Any:
        """Return it as ``-j`` prints it; None when there is nothing to say."""
        found = [as_object(entry) for entry in contents.entries(self)]
        return None if self.hidden or not (found or self.always) else found

    # How it is in a recording.

    def read(self, files: Files) -> list[E]:
        """Return the lines that commands printed; none where nothing was recorded. ValueError for nonsense."""
        return []

    def printed(self, netns: str, around: Mapping[str, Contents]) -> dict[str, str]:
        """Return what the commands print in a namespace, by file; ``around`` has it, and those beside it."""
        return {}

    # How it is compared.

    def sides(self, model: Contents, recorded: Recorded, played: Collection[str] = ()) -> Sides | None:
        """Return the lines of model and recording; None when it was not recorded.

        ``played`` are the devices with a stand-in.
        """
        if not self.is_recorded(recorded.files):
            return None
        ours, theirs = (filter(self.is_written, each.entries(self)) for each in (model, recorded))
        return Sides([*map(self.comparable, ours)], [*map(self.comparable, theirs)])

    def is_recorded(self, files: Files) -> bool:
        """Say whether it was asked for; a tool may be missing where something is recorded."""
        return bool(self.files) and self.files.keys() <= files.keys()

    def is_written(self, entry: E) -> bool:
        """Say whether a line was written down to stay, and is listed; others come and go with time."""
        return True

    def comparable(self, entry: E) -> str:
        """Return what is compared of a line."""
        return str(entry)

    def deciding(self, entry: E) -> str:
        """Return what is compared of a line that decided about a packet, where a recording tells it; or nothing."""
        return ""

    def chain(self, line: str) -> Hashable:
        """Return within what the order of comparable lines counts; None when it does not."""
        return None
