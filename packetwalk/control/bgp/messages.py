"""What BGP speakers say (RFC 4271, RFC 4724 graceful restart), as far as it decides anything."""

from __future__ import annotations

from typing import NamedTuple

PREFERENCE = 2147483647  # the highest local preference; Calico's export filter takes a route's metric from it


class Path(NamedTuple):
    """A way to ``prefix``, told by the node ``origin``, whose address is ``next_hop``.

    ``reflected`` says that it came through a reflector, which leaves the next hop as it is (RFC 4456).
    """

    prefix: str
    origin: str
    next_hop: str
    preference: int
    reflected: bool = False

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from other paths to the same prefix of the same speaker (add-path)."""
        return self.prefix, self.preference

    def __str__(self) -> str:
        by = ", reflected" if self.reflected else ""
        return f"announce {network(self.prefix)}, next hop {self.next_hop}, local preference {self.preference}{by}"


class Said(NamedTuple):
    """A message; ``restarting`` is OPEN's restart flag, ``end`` says that nothing more is to tell (end-of-RIB)."""

    kind: str
    text: str
    restarting: bool = False
    path: Path | None = None
    withdrawn: bool = False
    end: bool = False


KEEPALIVE = Said("KEEPALIVE", "KEEPALIVE")
END_OF_RIB = Said("UPDATE", "end of RIB: that was all", end=True)
SHUTDOWN = Said("NOTIFICATION", "NOTIFICATION 6/2: administrative shutdown")
DECONFIGURED = Said("NOTIFICATION", "NOTIFICATION 6/3: peer de-configured")
EXPIRED = Said("NOTIFICATION", "NOTIFICATION 4/0: hold timer expired")


def opening(address: str, hold: int, restarting: bool) -> Said:
    """Return an OPEN of AS 64512; ``hold`` in seconds."""
    flag = ", restarting" if restarting else ""
    text = f"OPEN version 4, AS 64512, hold time {hold}, identifier {address}, graceful restart 120 s{flag}"
    return Said("OPEN", text, restarting=restarting)


def announcing(path: Path) -> Said:
    """Return an UPDATE with a path."""
    return Said("UPDATE", str(path), path=path)


def withdrawing(path: Path) -> Said:
    """Return an UPDATE that takes a path back."""
    return Said("UPDATE", f"withdraw {network(path.prefix)}", path=path, withdrawn=True)


def network(prefix: str) -> str:
    """Return a prefix as BGP tells it: that of one address, which ``ip route`` prints bare, too."""
    return prefix if "/" in prefix else f"{prefix}/32"
