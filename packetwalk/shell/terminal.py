"""Where a command runs, and how it says that the model cannot do what is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from packetwalk.capture.output import Output
from packetwalk.datapath.netns import Netns
from packetwalk.shell.state import State
from packetwalk.tables import LinkEntry
from packetwalk.tables.table import E, Table


class Failure(Exception):
    """A command that ends with a message and an exit code, as the real one would."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


class Unknown(Failure):
    """Something the real program can do and the model cannot."""

    def __init__(self, program: str, what: str, known: str) -> None:
        super().__init__(f"{program}: the model does not know {what!r}; it knows: {known}", 2)


class Terminal(NamedTuple):
    """Where commands are typed: a namespace of a state; ``text`` is what a program there reads."""

    state: State
    name: str
    text: str = ""

    @property
    def ns(self) -> Netns:
        """Its tables as they are now."""
        return self.state.netns(self.name)

    def entries(self, table: Table[E]) -> list[E]:
        """Return the lines of a table as they are now, in the order in which they are printed."""
        return table.in_order(self.state.entries(self.name, table))

    def link(self, name: str, message: str = 'Cannot find device "{}"', code: int = 1) -> LinkEntry:
        """Return a device by name, or fail with the program's message."""
        try:
            return self.ns.links[name]
        except KeyError:
            raise Failure(message.format(name), code) from None


Program = Callable[[Terminal, list[str]], str | Output]
"""Takes the arguments, returns what is printed; an Output where the exit code is not 0."""
