"""A cluster of real programs that is up, inside the process of ``packetwalk.lab.kernel.remote``."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from packetwalk.capture.frames import Frame
from packetwalk.capture.output import Output
from packetwalk.capture.recording import Probe, Recording
from packetwalk.errors import LabError
from packetwalk.lab import program
from packetwalk.lab.kernel.inventory import Named
from packetwalk.lab.kernel.live import Live
from packetwalk.lab.kernel.namespaces import mount
from packetwalk.lab.kernel.probing import beside
from packetwalk.lab.real.agent import RealSetup
from packetwalk.lab.real.cluster import RealCluster, services
from packetwalk.lab.real.credentials import HOME, KUBECONFIG, put
from packetwalk.lab.real.programs import path_of
from packetwalk.plan.cluster import API_PORT

KUBECTL = "kubectl"
MANIFEST = HOME / "manifest.yaml"
TCP, ETHERNET = 6, 14


class RealLive(Live):
    """At most one cluster; what is asked of ``Live`` is asked of its namespaces."""

    def __init__(self) -> None:
        """Let every program that is started here find itself in /proc, ``kubectl`` and its kubeconfig."""
        super().__init__()
        mount("proc", "/proc")  # the CNI plugins look there by their own number
        self._cluster: RealCluster | None = None
        folder = path_of(KUBECTL).rpartition("/")[0]
        os.environ["PATH"] = os.pathsep.join([folder, os.environ.get("PATH", os.defpath)])
        os.environ["KUBECONFIG"] = str(KUBECONFIG)
        os.environ["KUBECACHEDIR"] = str(HOME / "cache")  # else in the learner's home

    def run(self, wanted: RealSetup) -> None:
        """Bring a cluster up, or let the one that is there start anew."""
        for server in self._servers:
            server.close()
        if self._cluster is not None and self._cluster.machines.key != wanted.machines.key:
            self._let_go()
        if self._cluster is None:
            self._cluster = RealCluster(wanted)
            self._lab = self._cluster.lab
        else:
            try:
                self._cluster.anew(wanted)
            except BaseException:
                self._let_go()
                raise
        self.serve([each for each in wanted.plan if each.by != "kube-apiserver"])

    @property
    def cluster(self) -> RealCluster:
        """What is up; LabError when nothing is."""
        if self._cluster is None:
            raise LabError("the real programs: the cluster is closed")
        return self._cluster

    def execute(self, netns: str, argv: Sequence[str]) -> Output:
        """Run a program inside a namespace; what it changed of Pods and Services, EndpointSlices follow."""
        said = super().execute(netns, argv)
        if any(KUBECTL in word for word in argv):
            self.cluster.follow()
        return said

    def kubectl(self, verb: str, text: str) -> Output:
        """Let kubectl do something with manifests, and wait until every kube-proxy has heard of it."""
        machine = self.cluster.plane.machine
        put(machine, MANIFEST, text)
        said = machine.inside(partial(program.run, [KUBECTL, verb, "-f", str(MANIFEST)]))
        self.cluster.follow()
        return said

    def services(self) -> Mapping[str, tuple[str, int]]:
        """Return the address and the first port of each Service in ``default`` by name."""
        return services(self.cluster.plane.api.all("Service"))

    def record(
        self, probe: Probe, named: Mapping[str, Named], about: Mapping[str, Any], count: int = 0
    ) -> Recording:
        """Send a packet and return what followed, but not what the programs say to the API server meanwhile."""
        mine = probe.packet.proto == "tcp" and probe.dport in (API_PORT, 443)
        return self.capture(probe, named, about, count, beside if mine else _control)

    def close(self) -> None:
        """End every program, and let all of it go."""
        self._let_go()
        super().close()

    def _let_go(self) -> None:
        if self._cluster is not None:
            self._cluster.close()
        self._cluster = self._lab = None

    def end(self, program: str, node: str) -> None:
        """Kill a program of a node."""
        self.cluster.end(program, node)

    def begin(self, program: str, node: str) -> None:
        """Start it again."""
        self.cluster.begin(program, node)


def _control(frame: Frame) -> bool:
    """Say whether a frame is between a machine and the API server, or BGP's."""
    ip = frame.data[0 if frame.bare else ETHERNET :]
    if frame.data[12:14] != b"\x08\x00" or ip[9] != TCP:
        return beside(frame)
    ports = ip[(ip[0] & 15) * 4 :][:4]
    return API_PORT.to_bytes(2) in (ports[:2], ports[2:]) or beside(frame)


SERVED = RealLive
