"""The model: anywhere Python runs, with a shell that answers from the model's tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from packetwalk.capture.output import Lines, Output
from packetwalk.capture.recording import Recording
from packetwalk.errors import BadInput, LabError
from packetwalk.lab import manifests
from packetwalk.lab.grounds.ground import Filters
from packetwalk.lab.grounds.history import Ran
from packetwalk.lab.grounds.measure import Measurement
from packetwalk.lab.grounds.modelled import record
from packetwalk.lab.grounds.planned import Planned
from packetwalk.lab.grounds.programs import NodePrograms, ToldServices
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

    ground, preference, programs = "model", 30, 1
    _state: State | None = None
    _closed = False
    _programs: NodePrograms | None = None

    @classmethod
    def missing(cls) -> tuple[str, ...]:
        """Return nothing where the whole package is: it needs no more than Python."""
        return absent("shell")

    def _bring_up(self, network: Network, settings: Settings) -> None:
        if self._closed:
            raise LabError(CLOSED)
        told = self._programs.told if self._programs else ToldServices({})
        self._state = room("shell").State(network)
        self._programs = NodePrograms(network, self._state.edit, told)

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
        goal = self._goal(dst, packet.proto)
        probe, run = self.probe(src, goal, packet), self.state.send(src, goal, packet)
        places = [self.state.netns(name) for name in (*self.nodes, *self.pods, ROUTER, INTERNET)]
        return record(probe, run, places, **self.about)

    def walk(self, src: str, dst: str, **given: Unpack[PacketOptions]):
        """Return a player of the model's own walk, which knows why each step was taken."""
        return room("widgets").Player(self.way(src, dst, **given))

    def way(self, src: str, dst: str, **given: Unpack[PacketOptions]) -> Walk:
        """Return the walk itself: one packet's way through this cluster as it is now."""
        plugin, packet = self.network.plugin, Packet.towards(dst, given)
        run = self.state.send(src, self._goal(dst, packet.proto), packet)
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
            release=plugin.other,
        )

    @property
    def running(self) -> NodePrograms:
        """The programs of the nodes; LabError when it was closed."""
        if self._closed or self._programs is None:
            raise LabError(CLOSED)
        return self._programs

    def apply(self, manifest: str | Path) -> list[str]:
        """Apply documents: Services with an address and without a selector, and their EndpointSlices, are kube-proxy's.

        All else as ``Planned.apply``.
        """
        mine, rest = manifests.parted(manifest, partial(self.running.told.takes, own=self.network))
        told, lines = self.running.told, []
        for each in mine:
            told, line = told.with_(each)
            lines.append(line)
        said = super().apply(rest) if rest or not mine else []
        if mine:
            self._tell(told)
            self.applied.append(manifests.text_of(manifest))
        return Lines([*lines, *said])

    def delete(self, manifest: str | Path) -> list[str]:
        """Take away what documents name of what ``apply`` took."""
        mine, rest = manifests.parted(manifest, partial(self.running.told.takes, own=self.network))
        told, lines = self.running.told, []
        for each in mine:
            told, line = told.without(each)
            lines.append(line)
        said = super().delete(rest) if rest or not mine else []
        if mine:
            self._tell(told)
        return Lines([*lines, *said])

    def _tell(self, told: ToldServices) -> None:
        self.running.tell(told)
        made = told.services(self.network)
        self._services = {each.name: (each.address, each.port) for each in made}
        self.services = (*(each.name for each in self.network.cluster.services), *self._services)

    def use(self, mode: str) -> None:
        """Start anew with another mode; Services that somebody made are gone, with all that was applied or broken."""
        found = self.network.plugin.mode(mode).name
        if self._programs:
            self._tell(ToldServices({}))
        super().use(found)

    def end(self, program: str, node: str) -> None:
        """End kube-proxy or flanneld on a node; what they wrote stays. BadInput lists both, and the nodes."""
        self.running.end(program, node)
        self.deeds.append(Ran(node, f"end {program}", True))

    def begin(self, program: str, node: str) -> None:
        """Start again what was ended on a node: it writes what is missing of its own."""
        self.running.begin(program, node)
        self.deeds.append(Ran(node, f"begin {program}", True))

    def settle(self) -> None:
        """Leave things as they are some seconds later: what the plugin has noticed, and what it looks after by itself."""
        super().settle()
        if self.broken is None:
            self.running.look()

    def measure(self, src: str = "a", dst: str = "b", seconds: int = 1) -> Measurement:
        """Return a value that says that the model has no time; names are checked as elsewhere."""
        _ = self.address(src), self.address(dst)
        why = "the model has no time; it counts bytes (ceiling)"
        return Measurement(self.ground, self.plugin, self.mode, src, dst, why=why)

    def close(self) -> None:
        """Let it go; it does not come back."""
        self._state, self._closed = None, True


GROUND = ModelGround
