"""A change that somebody can type, and the network with it: what is proposed is what was tried, by the model's own shell."""

from __future__ import annotations

import shlex
from typing import NamedTuple

from packetwalk.shell import Shell, State
from packetwalk.tables import Entry
from packetwalk.why.loading import Loaded


class Mend(NamedTuple):
    """A change in one namespace: commands, in order; ``reason`` says what speaks for it, ``then`` what came of it.

    ``line`` is the one that is taken away or turned, and so has decided; None where something is put there.
    """

    netns: str
    commands: tuple[tuple[str, ...], ...]
    reason: str
    then: str = "it arrives"
    line: Entry | None = None

    def __str__(self) -> str:
        lines = [shlex.join(words) for words in self.commands]
        more = f"; and {len(lines) - 1} more" if len(lines) > 1 else ""
        return f"in {self.netns}: {lines[0]}{more}"

    @property
    def gives_others_mtu(self) -> bool:
        """Say whether it gives a device the MTU that others of its kind have."""
        return any(words[:3] == ("ip", "link", "set") and words[4:5] == ("mtu",) for words in self.commands)

    @property
    def script(self) -> str:
        """All of its commands, each on a line of its own behind the namespace that it is for."""
        return "\n".join(f"{self.netns}# {shlex.join(words)}" for words in self.commands)


def applied(loaded: Loaded, mend: Mend) -> Loaded | None:
    """Return the network with a change; None where a command of it is refused."""
    state = State(loaded)  # type: ignore[arg-type]  # what a shell asks of a network, this has
    shell = Shell(state, mend.netns, tried=False)
    for words in mend.commands:
        if shell.run(words).code:
            return None
    return state.network  # type: ignore[return-value]
