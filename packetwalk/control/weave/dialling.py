"""Whom a weaver connects to, and when it tries again.

Mirrors mesh connection_maker.go; how long the kernel tries is Linux's (ip-sysctl, tcp_syn_retries).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from packetwalk.control.timeline import SECOND
from packetwalk.control.weave import timers
from packetwalk.control.weave.connection import MeshConnection, MeshLink
from packetwalk.control.world import WIRE
from packetwalk.tables import FailedEntry

if TYPE_CHECKING:
    from packetwalk.control.weave.weaver import Weaver

OURSELF = "cannot connect to ourself, retry: never"


@dataclass
class MeshTarget:
    """An address to connect to: when it is tried next, and after which pause then."""

    next: int
    pause: int = timers.RETRY
    trying: bool = False
    error: str = ""
    wanted: bool = True


class ConnectionMaker:
    """The one of ``weaver``; its targets are all other nodes, as kube-utils lists them."""

    def __init__(self, weaver: Weaver) -> None:
        self._weaver = weaver
        self._targets: dict[str, MeshTarget] = {}

    def start(self, peers: list[str]) -> None:
        """Forget what was tried in an earlier life."""
        self._targets = {peer: MeshTarget(self._weaver.world.now) for peer in peers}

    def attend_all(self) -> None:
        """See to it that all are connected."""
        for peer in self._targets:
            self.attend(peer)

    def attend(self, peer: str) -> None:
        """See to it that a peer is connected, or tried when its time comes."""
        weaver, target = self._weaver, self._targets[peer]
        busy = target.trying or peer in weaver.connections
        if not weaver.listening or busy or not target.wanted:
            return
        earlier = weaver.index_of(weaver.node) < weaver.index_of(peer)
        first = target.next + (timers.POLITE if earlier else 0)
        if first > weaver.world.now:
            weaver.later(first - weaver.world.now, partial(self.attend, peer))
            return
        target.trying = True
        weaver.log(f"{peer}: attempting connection")
        weaver.keep(f"{peer} is tried again")
        if weaver.world.unplugged(weaver.node, peer):
            weaver.later(timers.NO_ROUTE, partial(self._aborted, peer, "connect: no route to host"))
        else:
            self._dial(peer, weaver.world.now, timers.SYN)

    def _dial(self, peer: str, began: int, again: tuple[int, ...]) -> None:
        """Send a SYN, and again when nobody answers; ``again`` are the seconds after the first at which."""
        weaver, there = self._weaver, self._weaver.weaver_on(peer)
        now = weaver.world.now
        if not weaver.world.connected(weaver.node, peer):
            if again:
                weaver.later(began + again[0] * SECOND - now, partial(self._dial, peer, began, again[1:]))
            else:
                timed_out = partial(self._aborted, peer, "connect: connection timed out")
                weaver.later(began + timers.SYN_ENDS - now, timed_out)
        elif not there.listening:
            weaver.later(2 * WIRE, partial(self._aborted, peer, "connect: connection refused"))
        else:
            link = MeshLink(weaver.node)
            mine, theirs = MeshConnection(weaver, peer, link), MeshConnection(there, weaver.node, link)
            there.log(f"{weaver.node}: connection accepted")
            mine.greet()
            theirs.greet()

    def _aborted(self, peer: str, error: str) -> None:
        self._failed(peer, f"dial tcp :0->{self._weaver.address_of(peer)}: {error}")

    def _failed(self, peer: str, error: str) -> None:
        target = self._targets[peer]
        target.trying, target.error = False, error
        target.next = self._weaver.world.now + target.pause
        target.pause = min(target.pause * 3 // 2, timers.RETRY_LONGEST)
        self._weaver.keep(f"the connection to {peer} failed")
        self.attend(peer)

    def made(self, connection: MeshConnection) -> None:
        """A connection has its place in the mesh."""
        if connection.dialled:
            self._targets[connection.peer].trying = False

    def ended(self, connection: MeshConnection, error: str) -> None:
        """A connection has ended: try to have it again, at once if it was tried long ago.

        Where the peer had dialled, an error of an earlier attempt stays ("connection refused" long after a cut: recorded).
        """
        peer, now = connection.peer, self._weaver.world.now
        target = self._targets[peer]
        if connection.dialled and now <= target.next + timers.RESET:
            self._failed(peer, error)
            return
        target.next = max(target.next, now)
        if connection.dialled:
            target.pause, target.trying, target.error = timers.RETRY, False, error
        self._weaver.keep(f"the connection to {peer} is gone: {error}")
        self.attend(peer)

    def forget(self, peer: str) -> None:
        """Do not try to connect to a peer any more (``weave connect --replace``)."""
        self._targets[peer].wanted = False
        self._weaver.keep(f"{peer} is no longer among the peers to connect to")

    def lines(self) -> Iterator[FailedEntry]:
        """Yield the connections that are not there, and why; kube-utils lists the own address, too."""
        yield FailedEntry(self._weaver.address_of(self._weaver.node), OURSELF, False)
        for peer, target in self._targets.items():
            if target.error and target.wanted and peer not in self._weaver.connections:
                yield FailedEntry(self._weaver.address_of(peer), target.error, target.trying)
