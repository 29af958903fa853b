"""One end of a BGP session: its state (RFC 4271, 8.2), its timers, and what the other end has told."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from packetwalk.control.bgp import timers
from packetwalk.control.bgp.messages import (
    DECONFIGURED,
    END_OF_RIB,
    EXPIRED,
    KEEPALIVE,
    Path,
    Said,
    announcing,
    opening,
    withdrawing,
)
from packetwalk.control.timeline import SECOND
from packetwalk.control.world import WIRE, Stream

if TYPE_CHECKING:
    from packetwalk.control.bgp.speaker import Speaker

Key = tuple[str, int]
"""Which path: its prefix and its local preference."""


class BgpPeer(NamedTuple):
    """A peer as it is configured: its node, the session's name, and who waits for the other's connection."""

    node: str
    name: str
    passive: bool


class TcpConnection:
    """A TCP connection, the same value at both ends."""


class Session:
    """The end of ``bird`` of its session with a peer."""

    def __init__(self, bird: Speaker, peer: BgpPeer) -> None:
        self.bird, self.peer = bird, peer
        self.state = "Idle"
        self.waiting = False  # up, but telling nothing before the recovery ends
        self.restarting = False  # the peer's OPEN said that it has just started
        self.paths: dict[Key, Path] = {}
        self.stale: set[Key] = set()  # what a peer told that went without a word
        self.told: dict[Key, Path] = {}
        self.connection: TcpConnection | None = None
        self._stream: Stream | None = None
        self._dialled = False
        self._absence = 0  # counts the times of waiting for a peer that may come back
        self._epoch = 0  # what an earlier state put on the agenda no longer counts
        self._heard = 0

    # --- towards Established ------------------------------------------------------------------

    def up(self) -> None:
        """Begin: wait for the peer, or call it after the connect delay."""
        self._enter("Passive" if self.peer.passive else "Active")
        if not self.peer.passive:
            self._later(timers.CONNECT, self._dial)

    def _dial(self) -> None:
        """Call the peer; where BIRD runs but expects nobody, it takes the call and hangs up."""
        if not self.bird.world.connected(self.bird.node, self.peer.node):
            self._later(timers.RETRY, self._dial)
        elif not self.bird.runs(self.peer.node):
            self._later(timers.CONNECT, self._dial)
        else:
            connection, theirs = TcpConnection(), self._other_end()
            if theirs is not None and theirs.state != "Idle":
                theirs.accept(connection)
            self._connected(connection, dialled=True)
            self._open()

    def accept(self, connection: TcpConnection) -> None:
        """Take a connection of the peer; one that stood is over, for who calls anew has started anew."""
        if self.state == "Established":
            self.closed()
        self._connected(connection, dialled=False)

    def _connected(self, connection: TcpConnection, *, dialled: bool) -> None:
        self._enter("OpenSent" if dialled else "Connect")
        bird = self.bird
        self._stream = Stream(bird.world, bird.lane, bird.lane_of(self.peer.node))
        self.connection, self._dialled, self._heard = connection, dialled, bird.world.now

    def _open(self) -> None:
        bird = self.bird
        self.say(opening(bird.address, timers.HOLD // SECOND, bird.recovering))

    def _established(self) -> None:
        self._enter("Established")
        self._absence += 1
        self.told.clear()
        self._later(timers.KEEPALIVE, self._keep_alive)
        self._later(timers.HOLD, self._check_hold)
        self.bird.met(self)

    # --- what is said and heard -----------------------------------------------------------------

    def say(self, said: Said) -> None:
        """Tell the peer something over the connection that stands."""
        connection = self.connection
        if self._stream is not None:
            evidence = self.bird.evidence(self.peer.node, said.path)
            self._stream.send(said.kind, said.text, partial(self._heard_by, connection, said), evidence)

    def _heard_by(self, connection: TcpConnection | None, said: Said) -> None:
        theirs = self._other_end()
        if theirs is not None and theirs.connection is connection:
            theirs.hear(said)
        elif self.connection is connection is not None:
            self.closed()  # nobody there has such a connection: a reset comes back

    def hear(self, said: Said) -> None:
        """Take in what the peer says."""
        self._heard = self.bird.world.now
        if said.kind == "OPEN":
            self.restarting = said.restarting
            if not self._dialled:
                self._open()
            self.say(KEEPALIVE)
            self._enter("OpenConfirm")
        elif said.kind == "KEEPALIVE" and self.state == "OpenConfirm":
            self._established()
        elif said.kind == "NOTIFICATION":
            self._end()
            self.bird.forget(self, list(self.paths), f"{self.peer.node} said: {said.text}")
            self.up()
        elif said.end:
            self.bird.forget(self, sorted(self.stale), f"{self.peer.node} is back and no longer tells of it")
            self.bird.unlock(self)
        elif said.path:
            self._update(said.path, withdrawn=said.withdrawn)

    def _update(self, path: Path, *, withdrawn: bool) -> None:
        if withdrawn:
            self.bird.forget(self, [path.key], f"{self.peer.node} took it back")
        else:
            self.stale.discard(path.key)
            self.paths[path.key] = path
            self.bird.told_by(self, path.prefix)
            self.bird.changed(path.prefix, f"{self.peer.node} told of it")

    def feed(self) -> None:
        """Tell the peer all there is to tell."""
        self.waiting = False
        self._tell()
        self.say(END_OF_RIB)

    def tell(self) -> None:
        """Tell the peer what is new, if it is to know yet."""
        if self.state == "Established" and not self.waiting:
            self._tell()

    def withdraw(self, path: Path) -> None:
        """Take a path back that the peer was not told, for the hop is its own (calico-3.33-bgp-mesh, exp/48)."""
        if (
            self.state == "Established"
            and not self.waiting
            and path.next_hop == self.bird.address_of(self.peer.node)
        ):
            self.say(withdrawing(path))

    def _tell(self) -> None:
        now = self.bird.exports(self)
        for path in [path for key, path in self.told.items() if key not in now]:
            del self.told[path.key]
            self.say(withdrawing(path))
        for path in now.values():
            if self.told.get(path.key) != path:
                self.told[path.key] = path
                self.say(announcing(path))

    # --- the end -----------------------------------------------------------------------------------

    def _end(self) -> None:
        self.connection, self._stream = None, None
        self.waiting = False
        self._enter("Idle")

    def closed(self) -> None:
        """The connection ends without a word: the peer's routes stay for the time of a graceful restart."""
        was = self.state
        self._end()
        if was == "Established":
            self.stale = set(self.paths)
            self._absence += 1
            absence = self._absence
            self.bird.world.after(
                timers.GRACEFUL, lambda: self._give_up() if self._absence == absence else None
            )
        self.up()

    def _give_up(self) -> None:
        seconds = timers.GRACEFUL // SECOND
        self.bird.forget(
            self, sorted(self.stale), f"{self.peer.node} went without a word and was not back in {seconds} s"
        )

    def remove(self, said: Said = DECONFIGURED) -> None:
        """Leave the session, and say so."""
        if self.connection is not None:
            self.say(said)
        self._end()

    def vanish(self) -> None:
        """The program is killed: its kernel closes the connection, if the peer can hear that."""
        connection, theirs = self.connection, self._other_end()
        self._end()
        if connection and theirs and self.bird.world.connected(self.bird.node, self.peer.node):
            self.bird.world.after(WIRE, lambda: theirs.closed() if theirs.connection is connection else None)

    # --- timers -------------------------------------------------------------------------------------

    def _keep_alive(self) -> None:
        self.say(KEEPALIVE)
        self._later(timers.KEEPALIVE, self._keep_alive)

    def _check_hold(self) -> None:
        left = self._heard + timers.HOLD - self.bird.world.now
        if left > 0:
            self._later(left, self._check_hold)
            return
        self.say(EXPIRED)
        self._end()
        self.bird.forget(
            self, list(self.paths), f"{self.peer.node} was not heard for {timers.HOLD // SECOND} s"
        )
        self._later(timers.ERROR, self.up)

    # --- small words ----------------------------------------------------------------------------------

    def _other_end(self) -> Session | None:
        return self.bird.end_of(self.peer.node)

    def _enter(self, state: str) -> None:
        self._epoch += 1
        if state != self.state:
            self.state = state
            self.bird.world.state(self.bird.lane, f"{self.peer.name}: {state}")

    def _later(self, delay: int, do: Callable[[], None]) -> None:
        self.bird.world.after(delay, partial(self._due, self._epoch, do))

    def _due(self, epoch: int, do: Callable[[], None]) -> None:
        """Do what an earlier moment put on the agenda, if the state is the one of then."""
        if self._epoch == epoch:
            do()
