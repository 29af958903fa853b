"""One end of a connection between two weavers: TCP for what they tell each other, UDP for frames, heartbeats in both.

Mirrors mesh connection.go, and the heartbeats of weave router/sleeve.go and fastdp.go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from packetwalk.control.timeline import RECORDED, Message
from packetwalk.control.weave import timers
from packetwalk.control.world import WIRE, Stream

if TYPE_CHECKING:
    from packetwalk.control.weave.weaver import Weaver

ENDED = "closed"


class MeshLink:
    """A TCP connection, the same value at both ends; ``dialler`` made it."""

    def __init__(self, dialler: str) -> None:
        self.dialler = dialler
        self.ends: dict[str, MeshConnection] = {}


class MeshConnection:
    """The end of ``weaver`` of its connection to the weaver on another node."""

    def __init__(self, weaver: Weaver, peer: str, link: MeshLink) -> None:
        self.weaver, self.peer, self.link = weaver, peer, link
        self.state = "handshake"
        self.heard = self.heard_udp = weaver.world.now
        self._stream = Stream(weaver.world, weaver.lane, weaver.lane_of(peer))
        link.ends[weaver.node] = self

    @property
    def dialled(self) -> bool:
        """Whether this end made the connection."""
        return self.link.dialler == self.weaver.node

    @property
    def twin(self) -> MeshConnection | None:
        """The other end, while it has one."""
        return self.link.ends.get(self.peer)

    # --- what is said ---------------------------------------------------------------------------

    def say(
        self, kind: str, text: str, hear: Callable[[MeshConnection], None], evidence: str = RECORDED
    ) -> None:
        """Tell the peer something; ``hear`` is done with its end of the connection."""
        self._stream.send(kind, text, lambda: self._arrived(hear), evidence)

    def _arrived(self, hear: Callable[[MeshConnection], None]) -> None:
        twin = self.twin
        if twin is not None:
            twin.heard = self.weaver.world.now
            hear(twin)
        else:
            self._reset()  # nobody there has such a connection

    def greet(self) -> None:
        """Say who is here."""
        self.say("HANDSHAKE", self.weaver.greeting(), MeshConnection.greeted)

    def greeted(self) -> None:
        """The peer has said who it is: the connection takes its place in the mesh, if there is not a better one."""
        if self.state != "handshake" or not self.weaver.listening:
            return
        self.weaver.log(f"{self.peer}: connection ready; using protocol version 2")
        if not self.weaver.add(self):
            return
        self.state = "pending"
        self.heard = self.heard_udp = self.weaver.world.now
        self._later(timers.TCP_HEARTBEAT, self._beat)
        self._later(timers.UDP_HEARTBEAT, self._beat_udp)
        self._later(timers.ESTABLISH, self._establish)
        self._watch()

    def _establish(self) -> None:
        """A heartbeat over UDP is acknowledged."""
        if self.twin is None or self.twin.state == "handshake" or not self._through():
            self._later(timers.FAST, self._establish)
            return
        self.state = "established"
        self.heard_udp = self.weaver.world.now
        self.weaver.established(self)

    # --- heartbeats -----------------------------------------------------------------------------

    def _beat(self) -> None:
        self.say("HEARTBEAT", "heartbeat", lambda twin: None)
        self._later(timers.TCP_HEARTBEAT, self._beat)

    def _beat_udp(self) -> None:
        """Send a frame of zeros with the connection's number over UDP."""
        world, through = self.weaver.world, self._through()
        until = world.now + WIRE if through else None
        text = f"heartbeat over UDP {self.weaver.udp}"
        lanes = self.weaver.lane, self.weaver.lane_of(self.peer)
        world.note(Message(world.now, until, *lanes, "HEARTBEAT", text))
        if through and self.twin is not None:
            self.twin.heard_udp = world.now + WIRE
        self._later(timers.UDP_HEARTBEAT, self._beat_udp)

    def _watch(self) -> None:
        """Close the connection when the peer has been silent for too long."""
        now = self.weaver.world.now
        tcp, udp = self.heard + timers.READ - now, self.heard_udp + timers.SILENCE - now
        if min(tcp, udp) > 0:
            self._later(min(tcp, udp), self._watch)
        elif tcp <= 0:
            self.shut(f"{self.weaver.reads(self)}: i/o timeout")
        else:
            self.shut(f"{self.weaver.overlay} timed out waiting for UDP heartbeat")

    # --- the end --------------------------------------------------------------------------------

    def shut(self, error: str) -> None:
        """Close this end for a reason; the peer gets a reset, if it can be reached."""
        if self.state == ENDED:
            return
        self.state = ENDED
        self.link.ends.pop(self.weaver.node, None)
        if self.weaver.alive:
            self.weaver.log(f"{self.peer}: connection shutting down due to error: {error}")
        if self._through():
            self.weaver.world.after(WIRE, self._reset_there)
        self.weaver.gone(self, error)

    def _reset_there(self) -> None:
        if self.twin is not None:
            self.twin._reset()

    def _reset(self) -> None:
        self.shut(f"{self.weaver.reads(self)}: read: connection reset by peer")

    def _through(self) -> bool:
        return self.weaver.world.connected(self.weaver.node, self.peer)

    def _later(self, delay: int, do: Callable[[], None]) -> None:
        self.weaver.world.after(delay, lambda: do() if self.state != ENDED else None)
