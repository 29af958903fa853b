"""What has been done to a cluster: commands, documents, the fault that is in; checks ask whether a step was begun."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

KEPT = 5000


class Ran(NamedTuple):
    """A command that was run on a node or in a pod, and whether it did what it was to do."""

    place: str
    command: str
    ok: bool


class History:
    """What a ground remembers; whoever makes its cluster anew clears what is gone with the old one."""

    _fault: str | None = None

    @property
    def broken(self) -> str | None:
        """The name of the fault that was put in and not taken away by ``mend``; mending by hand leaves the name."""
        return self._fault

    @property
    def deeds(self) -> deque[Ran]:
        """What was run in it since it was made or made anew: the last five thousand commands."""
        found: deque[Ran] = self.__dict__.setdefault("_deeds", deque(maxlen=KEPT))
        return found

    @property
    def applied(self) -> list[str]:
        """The texts that were applied since it was made or ``use`` made it anew, one after the other."""
        found: list[str] = self.__dict__.setdefault("_applied", [])
        return found
