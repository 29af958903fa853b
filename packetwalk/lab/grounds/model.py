"""The model: anywhere Python runs, with a shell that answers from the model's tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Unpack

from packetwalk.capture.output import Output
from packetwalk.capture.recording import Recording
from packetwalk.errors import BadInput, LabError
from packetwalk.lab.grounds.ground import Filters
from packetwalk.lab.grounds.measure import Measurement
from packetwalk.lab.grounds.modelled import record
from packetwalk.lab.grounds.planned import Planned
from packetwalk.lab.manifests import Settings
from packetwalk.lab.rooms import absent, room
from packetwalk.plan.cluster import INTERNET, ROUTER
from packetwalk.trace.packet import Packet, PacketOptions
from packetwalk.walks.network import Network
from packetwalk.walks.walk import Walk

if TYPE_CHECKING:
    from packetwalk.shell import State

CLOSED = "the model: the cluster is closed; the lab's first cell opens one"


class ModelGround(Planned):
    """A cluster that exists in this process only."""

    ground, preference = "model", 30
    _state: State | None = None
    _closed = False

    @classmethod
    def missing(cls) -> tuple[str, ...]:
        """Return nothing where the whole package is: it needs no more than Python."""
        return absent("shell")

    def _bring_up(self, network: Network, settings: Settings) -> None:
        if self._closed:
            raise LabError(CLOSED)
        self._state = room("shell").State(network)

    @property
    def state(self) -> State:
        """The network as it is now; LabError when it was closed."""
        if self._state is None:
            raise LabError(CLOSED)
        return self._state

    def execute(self, netns: str, argv: Sequence[str], filters: Filters = ()) -> Output:
        """Answer a command from the model; as ``Ground.execute``."""
        if netns not in (*self.nodes, *self.pods):
            raise BadInput("network namespace", netns, [*self.nodes, *self.pods])
        return room("shell").Shell(self.state, netns).run(argv, filters)

    def record_packet(self, src: str, dst: str, packet: Packet) -> Recording:
        """Send one packet in the model and return its frames; as ``Ground.record_packet``."""
        probe, run = self.probe(src, dst, packet), self.state.send(src, dst, packet)
        places = [self.state.netns(name) for name in (*self.nodes, *self.pods, ROUTER, INTERNET)]
        return record(probe, run, places, **self.about)

    def walk(self, src: str, dst: str, **given: Unpack[PacketOptions]):
        """Return a player of the model's own walk, which knows why each step was taken."""
        return room("widgets").Player(self.way(src, dst, **given))

    def way(self, src: str, dst: str, **given: Unpack[PacketOptions]) -> Walk:
        """Return the walk itself: one packet's way through this cluster as it is now."""
        plugin, packet = self.network.plugin, Packet.towards(dst, given)
        run = self.state.send(src, dst, packet)
        return Walk(
            plugin=plugin.name,
            mode=self.mode,
            scenario="",
            title=f"{plugin.title} {self.mode}: {src} to {dst}",
            holds_for=plugin.version,
            packet=packet,
            fault=None,
            traces=run.traces,
            run=run,
            release=plugin.older,
        )

    def measure(self, src: str = "a", dst: str = "b", seconds: int = 1) -> Measurement:
        """Return a value that says that the model has no time; names are checked as elsewhere."""
        _ = self.address(src), self.address(dst)
        why = "the model has no time; it counts bytes (ceiling)"
        return Measurement(self.ground, self.plugin, self.mode, src, dst, why=why)

    def close(self) -> None:
        """Let it go; it does not come back."""
        self._state, self._closed = None, True


GROUND = ModelGround
