"""A ground: something a lab can be done on, be it a model, network namespaces or a real cluster.

Whatever the ground, a lab says the same: ``cluster.node("kind-worker").run("ip route")``,
``cluster.pod("a").ping("b")``, ``cluster.capture("a", "b")``, ``cluster.fault("missing-fdb")``.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, MutableMapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Unpack

from packetwalk.capture.output import Output
from packetwalk.errors import BadInput, LabError
from packetwalk.lab import command
from packetwalk.lab.grounds import tcpdump
from packetwalk.lab.grounds.history import History, Ran
from packetwalk.plan.rules import IPTABLES
from packetwalk.trace.packet import Packet, PacketOptions
from packetwalk.wire import Tcp

if TYPE_CHECKING:
    from packetwalk.capture.frames import Frame
    from packetwalk.capture.recording import Recording
    from packetwalk.lab.check.buttons import Buttons
    from packetwalk.lab.grounds.measure import Ceiling, Measurement

IGMP = 2
Filters = Sequence[Sequence[str]]
__all__ = ["Ground", "Handle", "NodeHandle", "Output", "PodHandle"]


class Ground(History, ABC):
    """A cluster to do a lab on; use it with ``with`` or ``close`` it: nothing of it is left.

    A subclass brings it up in its constructor, which takes plugin and mode by name: BadInput for
    names that do not exist, LabError in one line for what this machine cannot do.
    """

    ground: ClassVar[str]
    """The name by which it is asked for."""
    preference: ClassVar[int]
    """Where nobody asks for one by name, the lowest number that is there is taken."""
    programs: ClassVar[int] = 0
    """Whether kube-proxy and the plugin's daemon can be ended: 2 where they run, 1 where their lines are computed."""

    plugin: str
    mode: str
    nodes: tuple[str, ...]
    pods: tuple[str, ...]
    services: tuple[str, ...]

    @abstractmethod
    def __init__(self, plugin: str, mode: str, rules: str = IPTABLES) -> None:
        """Bring the cluster up."""

    @classmethod
    @abstractmethod
    def missing(cls) -> tuple[str, ...]:
        """Return what this machine lacks for this ground, or nothing; quick, and starts nothing."""

    @abstractmethod
    def execute(self, netns: str, argv: Sequence[str], filters: Filters = ()) -> Output:
        """Run one program in the network namespace of a node or pod; its failure is in the Output.

        ``filters`` are programs, each with its arguments, that read what it prints, one after the other.
        """

    @abstractmethod
    def find(self, name: str) -> str | None:
        """Return the IPv4 address of a pod, node, service or ``internet``; None for other words."""

    @abstractmethod
    def record_packet(self, src: str, dst: str, packet: Packet) -> Recording:
        """Send a packet and return what followed; ends as for ``capture``."""

    @abstractmethod
    def apply(self, manifest: str | Path) -> list[str]:
        """Apply YAML documents (a path or the text) and return, line by line, what changed."""

    @abstractmethod
    def delete(self, manifest: str | Path) -> list[str]:
        """Take away what YAML documents (a path or the text) name and return, line by line, what is gone."""

    @abstractmethod
    def use(self, mode: str) -> None:
        """Start anew with another mode of the same plugin."""

    @abstractmethod
    def fault(self, name: str) -> None:
        """Break something; BadInput lists the faults of this mode."""

    def end(self, program: str, node: str) -> None:
        """End a program of a node; LabError where none can be ended."""
        raise LabError(self._no_programs)

    def begin(self, program: str, node: str) -> None:
        """Start again what was ended; LabError where nothing can be."""
        raise LabError(self._no_programs)

    @property
    def _no_programs(self) -> str:
        return f"on {self.ground} no program of a node is ended or begun: this is for real and model"

    @abstractmethod
    def settle(self) -> None:
        """Wait until the plugin has noticed what is broken, and has done about it what it does."""

    @abstractmethod
    def mend(self) -> None:
        """Take the fault away, and whatever was changed by hand."""

    @abstractmethod
    def close(self) -> None:
        """Take everything down; to close twice is no error."""

    def node(self, name: str) -> NodeHandle:
        """Return a node by name; BadInput lists the valid ones."""
        if name not in self.nodes:
            raise BadInput("node", name, self.nodes)
        return NodeHandle(self, name)

    def pod(self, name: str) -> PodHandle:
        """Return a pod by name; BadInput lists the valid ones."""
        if name not in self.pods:
            raise BadInput("pod", name, self.pods)
        return PodHandle(self, name)

    def at(self, step: str | int | None = None, names: MutableMapping[str, Any] | None = None) -> Buttons | None:
        """Bring the cluster, and the notebook's names, to a step of the lab beside the notebook, whatever was done.

        Without a step return a button for each. ``names`` are the caller's own unless others are given. BadInput lists
        the steps; LabError, in one line, where this ground cannot get there.
        """
        from packetwalk.lab.rooms import room

        known = sys._getframe(1).f_globals if names is None else names
        if step is None:
            buttons: Buttons = room("lab.check.buttons").Buttons(self, known)
            return buttons
        room("lab.check.checkpoints").reach(self, step, known)
        return None

    def address(self, name: str) -> str:
        """Return the IPv4 address of a pod, node or service; BadInput for an unknown name."""
        found = self.find(name)
        if found is None:
            raise BadInput("pod, node or service", name, [*self.pods, *self.nodes, *self.services])
        return found

    def capture(self, src: str, dst: str, **given: Unpack[PacketOptions]) -> Recording:
        """Send one packet and return all frames that followed, with the tables of every namespace.

        ``src`` is a pod or node, ``dst`` a pod, node, service, ``internet`` or address, with ``:PORT``
        if you like.  The packet's fields are those of ``packetwalk.walk``; before one that is ``cold`` no other
        is sent, which makes the neighbours known.
        """
        return self.record_packet(src, dst, Packet.towards(dst, given))

    def walk(self, src: str, dst: str, **packet: Unpack[PacketOptions]):
        """Return a player of one packet's way through this very cluster; options as in ``capture``."""
        from packetwalk.lab.rooms import room

        return room("widgets").play_recording(self.capture(src, dst, **packet))

    def ceiling(self, src: str = "a", dst: str = "b") -> Ceiling:
        """Return what full-size packets from a pod to a place on another node can carry at most."""
        from packetwalk.lab.grounds.measure import ceiling

        return ceiling(self, src, dst)

    def measure(self, src: str = "a", dst: str = "b", seconds: int = 1) -> Measurement:
        """Measure throughput, processors and round trip by iperf3 and ping; ``seconds`` is 1 to 5.

        Where nothing can be measured, the value says why.
        """
        from packetwalk.lab.grounds.measure import measure

        return measure(self, src, dst, seconds)

    def record(
        self,
        path: str | Path,
        src: str = "a",
        dst: str = "b",
        *,
        payload: bool = False,
        **packet: Unpack[PacketOptions],
    ) -> Recording:
        """Capture one packet and write the recording as a folder, which must not exist yet.

        Without ``payload`` every byte after a frame's headers is zero.
        """
        from packetwalk.capture import recording
        from packetwalk.capture.joining.redact import without_payload

        made = self.capture(src, dst, **packet)
        made = made if payload else without_payload(made)
        recording.write(made, path)
        return made

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def __repr__(self) -> str:
        return (
            f"{self.plugin} {self.mode} on {self.ground}: {len(self.nodes)} nodes ({', '.join(self.nodes)}), "
            f"{len(self.pods)} pods ({', '.join(self.pods)})"
        )


class Handle:
    """A node or a pod: a place to run commands in."""

    word: ClassVar[str]

    def __init__(self, cluster: Ground, name: str) -> None:
        self.cluster, self.name = cluster, name

    @property
    def address(self) -> str:
        """Its IPv4 address."""
        return self.cluster.address(self.name)

    def run(self, line: str) -> Output:
        """Run one command; names of pods and services are understood by ping, curl and their like.

        After a pipe its text can go through filters (``ip route | grep flannel``).  What fails says so in
        its output and ``code``; a line that needs a shell is BadInput.
        """
        words, *filters = command.stages(line)
        done = self.cluster.execute(self.name, command.addressed(words, self.cluster.find), filters)
        self.cluster.deeds.append(Ran(self.name, line, done.ok))
        return Output(done, done.code, line)

    def ping(self, dst: str, *, size: int = 56, df: bool = False, count: int = 1) -> Output:
        """Ping a pod, node, service, ``internet`` or address; ``size`` is the data in bytes."""
        hard = " -M do" if df else ""
        return self.run(f"ping -c {count} -W 1 -s {size}{hard} {dst}")

    def curl(self, dst: str, path: str = "hostname") -> Output:
        """Ask a pod (port 8080), a service or an address (port 80) over HTTP.

        The pods' server answers ``hostname`` with its name, ``clientip`` with the caller it sees.
        """
        port = ":8080" if dst in self.cluster.pods else ""
        return self.run(f"curl -sS -m 2 http://{dst}{port}/{path}")

    def tcpdump(self, dev: str, src: str, dst: str, **packet: Unpack[PacketOptions]) -> Output:
        """Return what ``tcpdump -nte`` on a device here prints of one packet and all that follows from it.

        ``packet`` are the options of ``Ground.capture``.  What machines send by the clock is left out,
        and how a TCP connection that came about ends again.  Fails as tcpdump does on a device that is not there.
        """
        shown = self.cluster.execute(self.name, ["ip", "-o", "link"])
        devices = [line.split()[1].rstrip(":").partition("@")[0] for line in shown.splitlines()]
        if dev == "any":
            raise BadInput("device", dev, devices)
        if dev not in devices:
            why = "No such device exists"
            return Output(f"tcpdump: {dev}: {why}\n({why})\n", 1, f"tcpdump -nte -i {dev}")
        ports = {
            line.split()[1].partition("@")[0].rstrip(":")
            for line in shown.splitlines()
            if f" master {dev} " in line
        }
        frames = by_cause(self.cluster.capture(src, dst, **packet).packet().frames)
        here = seen(dev, ports, [each for each in frames if each.netns == self.name])
        return Output(tcpdump.listing([each.stack for each in here]), 0, f"tcpdump -nte -i {dev}")

    def __repr__(self) -> str:
        return f"{self.word} {self.name}, {self.address}"


def seen(dev: str, ports: Collection[str], frames: Sequence[Frame]) -> list[Frame]:
    """Return the frames of a namespace that tcpdump sees on a device.

    It makes the device promiscuous: a bridge then also takes up what it only passes from port to port, once
    (``br_handle_frame_finish``).
    """
    own = {each.data for each in frames if each.dev == dev}
    first: dict[bytes, str] = {}
    for each in frames:
        if each.dev in ports and each.direction == "out" and each.data not in own:
            first.setdefault(each.data, each.dev)
    return [
        each
        for each in frames
        if each.dev == dev or (each.direction == "out" and first.get(each.data) == each.dev)
    ]


def by_cause(frames: Iterable[Frame]) -> list[Frame]:
    """Return the frames without IGMP, without the end of a TCP connection after its handshake, and
    without the kernel's probes of neighbours it knows.

    A probe is an ARP request to one MAC (``neigh_probe``); it comes some seconds after a neighbour was used.
    """
    kept = [each for each in frames if each.data[12:14] != b"\x08\x00" or each.data[23] != IGMP]
    kept = list(_without_end(kept))
    asked = {each.data[38:42] for each in kept if _is_arp(each, 1) and not each.data[0] & 1}
    return [
        each
        for each in kept
        if not (_is_arp(each, 1) and not each.data[0] & 1)
        and not (_is_arp(each, 2) and each.data[28:32] in asked)
    ]


def _without_end(frames: Iterable[Frame]) -> Iterator[Frame]:
    """Yield the frames but those that close or reset a connection whose handshake was seen there."""
    complete: set[str] = set()
    for each in frames:
        try:
            flags = next((head.flags for head in each.stack if isinstance(head, Tcp)), "")
        except ValueError:
            flags = ""  # nobody can read it
        if flags == "A":
            complete.add(each.netns)
        if not (each.netns in complete and set(flags) & set("FR")):
            yield each


def _is_arp(frame: Frame, operation: int) -> bool:
    return frame.data[12:14] == b"\x08\x06" and frame.data[21] == operation


class NodeHandle(Handle):
    """A machine of the cluster."""

    word = "node"


class PodHandle(Handle):
    """A pod of the cluster."""

    word = "pod"
