"""A namespace on paper: what laying a plan does in it becomes orders for the guest in the page (``agent.c``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from packetwalk.errors import LabError
from packetwalk.lab.kernel.defaults import GET_LINK, NEVER_OLD, OFFLOADS
from packetwalk.lab.kernel.site import COUNTED, LET_THROUGH, QUIETEN, TAKE_IN
from packetwalk.lab.kernel.writing import NAMED

NOWHERE = "-"


class GuestOrder(NamedTuple):
    """What the guest is to do: in which namespace, with which words, and what a program reads."""

    op: str
    netns: str = NOWHERE
    words: tuple[str, ...] = ()
    text: str = ""

    def encoded(self) -> bytes:
        """Return it as the agent reads it: a line with two lengths, the words, the input."""
        words = b"".join(word.encode() + b"\0" for word in self.words or ("",))
        text = self.text.encode()
        return f"{self.op} {self.netns} {len(words)} {len(text)}\n".encode() + words + text


class Paper:
    """A namespace of the guest; ``orders`` is the list that all namespaces share."""

    def __init__(self, name: str, orders: list[GuestOrder]) -> None:
        """Take a namespace that waits."""
        self.name, self._orders = name, orders

    @property
    def path(self) -> str:
        """Its name: the guest keeps it below /run/netns."""
        return self.name

    def run(self, argv: list[str], text: str = "", *, check: bool = True) -> str:
        """Order a program; what it prints is not known yet."""
        self._order("run" if check else "try", argv, text)
        return ""

    def sysctl(self, settings: Mapping[str, str]) -> None:
        """Order settings."""
        self._settings({key.replace(".", "/"): value for key, value in settings.items()})

    def devices(self) -> Sequence[str]:
        """Return nothing: a namespace that waits has its loopback only."""
        return ()

    def do(self, deed: str, *about: Any) -> Any:
        """Order what no program does; LabError where the guest cannot."""
        if deed == COUNTED:
            named = sorted(set(NAMED.findall(about[0])))
            if named:
                self._order("counters", named)
            return about[0]
        if deed == LET_THROUGH:
            self._settings({"-net/bridge/bridge-nf-call-iptables": "0"})
        elif deed == QUIETEN:
            named = [name for name in about[0] if name != "lo"]
            self._settings(
                {f"net/ipv4/neigh/{dev}/{key}": value for dev in named for key, value in NEVER_OLD.items()}
            )
            self._ethtool(OFFLOADS, named)
        elif deed == TAKE_IN:
            self._ethtool([GET_LINK], about[0])
        else:
            raise LabError(f"the kernel in the page: {deed}: not there")
        return None

    def _settings(self, settings: Mapping[str, str]) -> None:
        if settings:
            lines = "".join(f"{key}={value}\n" for key, value in settings.items())
            self._order("settings", (), lines)

    def _ethtool(self, numbers: Iterable[int], devices: Sequence[str]) -> None:
        if devices:
            self._order("ethtool", (" ".join(map(str, numbers)), *devices))

    def _order(self, op: str, words: Sequence[str], text: str = "") -> None:
        self._orders.append(GuestOrder(op, self.name, tuple(words), text))
