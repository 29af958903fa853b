"""The listings that a recording asks for, of every table: what no program of the shell prints, the table does."""

from __future__ import annotations

from collections.abc import Sequence

from packetwalk.plan.cluster import INTERNET, ROUTER
from packetwalk.shell.state import State
from packetwalk.shell.terminal import Terminal
from packetwalk.tables import every_table
from packetwalk.tables.table import E, Table


class _Now:
    """A namespace's tables as they are now."""

    def __init__(self, state: State, netns: str) -> None:
        self._state, self._netns = state, netns

    def entries(self, table: Table[E]) -> list[E]:
        return self._state.entries(self._netns, table)


def listed(terminal: Terminal, argv: Sequence[str]) -> str | None:
    """Return what a table's own command prints; None for any other."""
    state = terminal.state
    for table in every_table():
        for file, words in table.files.items():
            if tuple(argv) == words and not table.hidden:
                names = [
                    *(each.name for each in (*state.network.nodes, *state.network.pods)),
                    ROUTER,
                    INTERNET,
                ]
                return table.printed(terminal.name, {name: _Now(state, name) for name in names})[file]
    return None
