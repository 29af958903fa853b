"""The real programs in network namespaces: nobody plans their tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from packetwalk.capture.output import Lines, Output
from packetwalk.capture.recording import Recording
from packetwalk.cni import plugin as find_plugin
from packetwalk.errors import BadInput, LabError
from packetwalk.lab import manifests
from packetwalk.lab.command import piped
from packetwalk.lab.grounds.ground import Filters
from packetwalk.lab.grounds.history import Ran
from packetwalk.lab.grounds.measure import Measurement, measure
from packetwalk.lab.grounds.planned import Planned
from packetwalk.lab.kernel.inventory import named
from packetwalk.lab.kernel.remote import Remote
from packetwalk.lab.kernel.rootless import missing_programs
from packetwalk.lab.manifests import Settings
from packetwalk.lab.plugins import installation, plugin_slice
from packetwalk.lab.real import programs
from packetwalk.lab.real.agent import RealSetup
from packetwalk.plan import cluster
from packetwalk.plan.rules import IPTABLES
from packetwalk.proof.compare import frames
from packetwalk.trace.packet import Packet
from packetwalk.walks.network import Network

TWO_SUBNETS = "directrouting"
"""Part of the name of a mode that only shows what it does where nodes are in two subnets."""


class RealGround(Planned):
    """etcd, kube-apiserver, kube-proxy, the plugin's daemon and the CNI plugins, on the machines of ``netns``.

    The plan only says how many frames a packet is likely to cause, so long is waited for them.  There is no kubelet
    and no controller: pods are namespaces in which a server of this package answers, their Pod objects and all
    EndpointSlices are written by this package.  ``kubectl`` in a node's shell has the cluster's kubeconfig.
    """

    ground, preference, programs = "real", 40, 2

    def __init__(self, plugin: str, mode: str, rules: str = IPTABLES) -> None:
        installed = plugin_slice(plugin).real
        if installed is None:
            raise LabError(f"{find_plugin(plugin).name} is not among the real programs")
        lacks = self.missing()
        if lacks:
            raise LabError(f"missing: {', '.join(lacks)}")
        self._installed = installed
        self._wanted: RealSetup | None = None
        self._untouched = False
        self._remote = Remote("packetwalk.lab.real.live")
        try:
            super().__init__(plugin, mode, rules)
        except BaseException:
            self.close()
            raise

    @classmethod
    def missing(cls) -> tuple[str, ...]:
        """Return what is missing of what ``make real`` builds, of etcd, and of what ``netns`` needs."""
        return (*programs.missing(), *missing_programs())

    @property
    def session(self) -> int:
        """The number of the session that all its processes are in."""
        return self._remote.pid

    def _machines(self, mode: str) -> cluster.Cluster:
        return cluster.Cluster(underlay="routed" if TWO_SUBNETS in mode else "flat")

    def _bring_up(self, network: Network, settings: Settings) -> None:
        """Start the programs anew, unless nothing was touched since, and break what is to be broken."""
        fault = network.fault.name if network.fault else None
        if fault and fault not in self._installed.faults:
            here = [each.name for each in network.plugin.faults_of(network.mode.name)]
            valid = [each for each in here if each in self._installed.faults]
            raise BadInput(f"fault of {self.plugin} {network.mode.name} under real programs", fault, valid)
        wanted = RealSetup(network.cluster, self._installed.agent(network, settings), self._rules)
        if self._wanted is None or wanted.key != self._wanted.key or not self._untouched:
            self._untouched = False
            self._remote.call("run", wanted)
            self._wanted, self._untouched = wanted, True
        self.nodes = tuple(node.name for node in network.nodes)
        self._services = self._remote.call("services")
        if fault:
            self._untouched = False
            self._break(network, fault)

    def _break(self, network: Network, fault: str) -> None:
        for step in self._installed.faults[fault](ByRemote(network, self._remote)):
            said = self._remote.call("execute", step.node, list(step.do))
            if said.code != 0:
                raise LabError(f"{step.node}: {said.command}: {(said.splitlines() or ['failed'])[0]}")

    def execute(self, netns: str, argv: Sequence[str], filters: Filters = ()) -> Output:
        """Run a program inside, for 20 seconds at most; as ``Ground.execute``."""
        self._untouched = False
        return self._remote.call("execute", netns, piped(argv, filters))

    def record_packet(self, src: str, dst: str, packet: Packet) -> Recording:
        """Send one packet from a real socket and capture every device, but no talk with the API server."""
        goal = self._goal(dst, packet.proto)
        count = sum(1 for _ in frames.modelled(self.network.send(src, goal, packet)))
        probe = self.probe(src, goal, packet)
        return self._remote.call("record", probe, named(self.network), self.about, count)

    @property
    def about(self) -> dict[str, str]:
        """What a recording says of its origin."""
        return {**super().about, "ground": self.ground}

    def apply(self, manifest: str | Path) -> list[str]:
        """Apply documents by kubectl and return what it says; what configures the plugin starts it anew."""
        text = manifests.text_of(manifest)
        said = self._kubectl("apply", text)
        if any(f"kind: {kind}" in text or f'"{kind}"' in text for kind in plugin_slice(self.plugin).readers):
            return Lines([*said, *super().apply(text)])
        self.applied.append(text)
        return said

    def delete(self, manifest: str | Path) -> list[str]:
        """Delete by kubectl what documents name, and return what it says."""
        return self._kubectl("delete", manifests.text_of(manifest))

    def _kubectl(self, verb: str, text: str) -> Lines:
        said = self._remote.call("kubectl", verb, text)
        if said.code != 0:
            raise LabError(f"kubectl {verb}: {(said.splitlines() or ['failed'])[-1]}")
        self._services = self._remote.call("services")
        self.services = tuple(self._services)
        return Lines(said.splitlines())

    def use(self, mode: str) -> None:
        """Start anew with another mode; Services that somebody made are gone, with all that was applied or broken."""
        of_others = manifests.left_alone(self.applied, {each.name for each in self.network.cluster.services})
        if of_others:
            self._remote.call("kubectl", "delete", of_others)
        super().use(mode)

    def end(self, program: str, node: str) -> None:
        """Kill kube-proxy or the plugin's daemon on a node; what they wrote stays. BadInput lists both, and the nodes."""
        self._untouched = False
        self._remote.call("end", program, node)
        self.deeds.append(Ran(node, f"end {program}", True))

    def begin(self, program: str, node: str) -> None:
        """Start again what was ended on a node, and wait until it has written all that it writes."""
        self._remote.call("begin", program, node)
        self.deeds.append(Ran(node, f"begin {program}", True))

    def measure(self, src: str = "a", dst: str = "b", seconds: int = 1) -> Measurement:
        """Measure, as ``Ground.measure``."""
        return measure(self, src, dst, seconds)

    def settle(self) -> None:
        """Wait as long as the plugin takes to notice what is broken, and to act."""
        installation(self.plugin).wait()

    def close(self) -> None:
        """End the process; every program and namespace goes with it."""
        self._remote.close()


class ByRemote:
    """The nodes, as what breaks something wants them."""

    def __init__(self, network: Network, remote: Remote) -> None:
        self.nodes = {node.name: node.address for node in network.nodes}
        self._remote = remote

    def run(self, netns: str, argv: Sequence[str], /) -> Output:
        """Run a program on one."""
        return self._remote.call("execute", netns, list(argv))


GROUND = RealGround
