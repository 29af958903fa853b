"""The ground of a real Kubernetes cluster: kind's nodes are containers, the plugin is the real one."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Sequence
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import ClassVar

from packetwalk.capture.output import Output
from packetwalk.capture.recording import Probe, Recording
from packetwalk.cni import plugin as find_plugin
from packetwalk.errors import BadInput, LabError
from packetwalk.lab.grounds.ground import Filters, Ground
from packetwalk.lab.kind import manifest, pins
from packetwalk.lab.kind.faults import UndoableCommand
from packetwalk.lab.kind.recording.record import record
from packetwalk.lab.kind.running import tools
from packetwalk.lab.kind.running.cluster import KindCluster
from packetwalk.lab.kind.running.reach import Reach
from packetwalk.lab.manifests import text_of
from packetwalk.lab.plugins import installation
from packetwalk.plan.cluster import INTERNET, ROUTER
from packetwalk.plan.rules import IPTABLES
from packetwalk.trace.packet import Packet

PROGRAMS = ("docker", "kind", "kubectl")
SOCKET = "/var/run/docker.sock"
REUSE = "PACKETWALK_KIND_REUSE"
PORTS, PORT_OF_SERVICES = {"icmp": 0, "udp": 8080, "tcp": 8080}, 80


class KindGround(Ground):
    """A cluster ``packetwalk-PLUGIN`` of three nodes in Docker, with the plugin's own released manifest.

    Its nodes go by the book's names (``kind-worker`` is the container ``packetwalk-PLUGIN-worker``).
    With PACKETWALK_KIND_REUSE=1 a cluster made here before is taken up, and ``close`` leaves it.
    """

    ground: ClassVar[str] = "kind"
    preference: ClassVar[int] = 10

    @classmethod
    def missing(cls) -> tuple[str, ...]:
        """Return what this machine lacks: the programs, or an engine's socket."""
        lacks = [f"program {name}" for name in PROGRAMS if shutil.which(name) is None]
        if "DOCKER_HOST" not in os.environ and not Path(SOCKET).exists() and not _context():
            lacks.append("a running Docker engine")
        elif Path(SOCKET).exists() and not os.access(SOCKET, os.W_OK) and "DOCKER_HOST" not in os.environ:
            lacks.append("the right to use Docker (group docker)")
        return tuple(lacks)

    def __init__(self, plugin: str, mode: str, rules: str = IPTABLES) -> None:
        """Bring it up: some minutes. LabError in one line, and nothing left, when it cannot be had."""
        if rules != IPTABLES:
            raise LabError(f"the labs' installations have rules of {IPTABLES}, none of {rules}")
        self.plugin, self.mode = plugin, find_plugin(plugin).mode(mode).name
        self._installation = installation(plugin)
        self._offered()
        self._cluster = KindCluster(self._installation)
        self._keep, self._open = os.environ.get(REUSE) == "1", True
        self._undo: list[UndoableCommand] = []
        self._reach = Reach(self._cluster)
        there = self._cluster.open(self.mode, self._manifest, reuse=self._keep)
        if there != self.mode:
            wanted, self.mode = self.mode, there
            self.use(wanted)
        self._names()

    def _offered(self) -> None:
        if self.mode not in self._installation.modes:
            offered = ", ".join(self._installation.modes)
            raise LabError(f"kind has no {self.plugin} {self.mode}, only {offered}")

    def _names(self) -> None:
        self._reach.forget()
        self.nodes, self.services = tuple(self._reach.nodes), tuple(self._reach.services)
        self.pods = tuple(self._reach.pods)

    def _manifest(self) -> str:
        """Return the plugin's manifest for the mode; nothing where kind installs the plugin by itself."""
        if self._installation.manifest is None:
            return ""
        text = pins.fetch(self._installation.manifest).decode()
        return manifest.patched(self._installation, self.mode, text, password=secrets.token_hex(16))

    def execute(self, netns: str, argv: Sequence[str], filters: Filters = ()) -> Output:
        """Run one program on a node or in a pod's network; the pod's image needs no tool."""
        if netns not in (*self.nodes, *self.pods):
            raise BadInput("node or pod", netns, [*self.nodes, *self.pods])
        return self._reach.run(netns, argv, filters=filters)

    def find(self, name: str) -> str | None:
        """Return an address; ``internet`` and ``router`` are the gateway of the nodes' network."""
        if name in (INTERNET, ROUTER):
            return self._reach.gateway
        return self._reach.find(name)

    def record_packet(self, src: str, dst: str, packet: Packet) -> Recording:
        """Send one packet and return the frames of all nodes and pods, with all tables."""
        probe = self._probe(src, dst, packet)
        about = {"plugin": self.plugin, "mode": self.mode, "underlay": "flat"}
        about |= {"release": self._installation.release} if self._installation.release else {}
        return record(self._reach, send=probe, payload=True, about=about)

    def _probe(self, src: str, dst: str, packet: Packet) -> Probe:
        proto = packet.proto
        name, _, port = dst.partition(":")
        usual = PORT_OF_SERVICES if name in self.services else PORTS[proto]
        address = self.find(name) or name
        try:
            IPv4Address(address)
            number = 0 if proto == "icmp" else int(port or usual)
        except (AddressValueError, ValueError):
            raise BadInput("destination", dst, [*self.pods, *self.nodes, *self.services]) from None
        title = re.sub(r"[^\w.-]", "-", f"{src}-{dst}-{proto}")
        return Probe(title, src, address, number, packet)

    def apply(self, manifest: str | Path) -> list[str]:
        """Apply YAML documents by kubectl and return what it says of each.

        Nodes may be named as in the book, resources written in the plugin's own API.
        """
        text = re.sub(
            r"\bkind-(control-plane|worker2|worker)\b", lambda m: self._cluster.containers[m[0]], text_of(manifest)
        )
        changed = self._cluster.apply(self._installation.stored(text))
        anew = self._installation.makes_pods_anew(text)
        if anew:
            self._cluster.stop_pods()
        self._installation.take_up(text, self._cluster, self._reach)
        if anew:
            self._cluster.rolled_out()
            self._cluster.start_pods()
            self._names()
        self.applied.append(text)
        return changed

    def delete(self, manifest: str | Path) -> list[str]:
        """Delete by kubectl what documents name, and return what it says."""
        return self._cluster.withdraw(text_of(manifest))

    def settle(self) -> None:
        """Wait as long as the plugin takes to notice a fault, or a change, and to act."""
        self._installation.wait()

    def use(self, mode: str) -> None:
        """Install the plugin again in another mode, and start the pods anew."""
        before, self.mode = self.mode, find_plugin(self.plugin).mode(mode).name
        try:
            self._offered()
            self._cluster.demand(self.mode)
        except LabError:
            self.mode = before
            raise
        self.mend()
        self._cluster.stop_pods()
        if self._installation.manifest is not None:
            self._cluster.apply(self._manifest())
        self._installation.switch(self.mode, self._cluster, self._reach)
        self._cluster.rolled_out()
        self._cluster.start_pods()
        self._cluster.note(self.mode)
        self._names()
        self.deeds.clear()
        self.applied.clear()

    def fault(self, name: str) -> None:
        """Break something; BadInput lists what can be broken here."""
        known = self._installation.faults
        installed = find_plugin(self.plugin, self._installation.release)
        faults = {each.name for each in installed.faults_of(self.mode)}
        here = [each for each in known if each in faults]
        if name not in here:
            raise BadInput(f"fault of {self.plugin} {self.mode} on kind", name, here)
        for step in known[name](self._reach):
            said = self._reach.run(step.node, step.do)
            if said.code != 0:
                raise LabError(f"{step.node}: {said.command}: {(said.splitlines() or ['failed'])[0]}")
            self._undo.append(step)
        self._fault = name
        self.deeds.clear()

    def mend(self) -> None:
        """Take the faults back, the last first; what was changed by hand stays until ``use``.

        A command that finds nothing to undo, because somebody has mended it, is no error.
        """
        while self._undo:
            step = self._undo.pop()
            self._reach.run(step.node, step.undo)
        self._fault = None

    def close(self) -> None:
        """Delete the cluster; with PACKETWALK_KIND_REUSE=1 only mend it and stop the tools."""
        if not self._open:
            return
        self._open = False
        if self._keep:
            self.mend()
            tools.stop(self._cluster.tools)
        else:
            self._cluster.delete()


def _context() -> bool:
    """Say whether Docker was told to use an engine elsewhere than at the usual socket."""
    return (Path.home() / ".docker" / "contexts").is_dir()


GROUND = KindGround
