"""The API server, kubectl inside its namespace, and the hands of a cluster's other programs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from packetwalk.lab.kernel.build import Lab
from packetwalk.lab.real import objects
from packetwalk.lab.real.api import MERGE, place
from packetwalk.lab.real.control_plane import ControlPlane
from packetwalk.lab.real.credentials import KUBECONFIG
from packetwalk.lab.real.programs import path_of
from packetwalk.plan import underlay
from packetwalk.plan.cluster import Cluster
from tests.waiting import HANGS

BOOK = Cluster()
DAEMONS = "/apis/apps/v1/daemonsets"
Machines = dict[str, str]
"""Names of Nodes to the book's."""


class Hands:
    """A control plane; ``kubectl`` runs the real one against it, ``settle`` does what nodes and controllers would."""

    def __init__(self, folder: Path) -> None:
        first = BOOK.nodes[0]
        with ExitStack() as stack:
            machines = stack.enter_context(Lab(underlay.node_plan(BOOK, first)))
            self.machine = machines.netns[first.name]
            self.plane = stack.enter_context(ControlPlane(self.machine, first.address))
            self.api, self._folder = self.plane.api, folder
            self.plane.join(self.machine)
            self.kubeconfig = self.machine.inside(KUBECONFIG.read_text)
            self.file = folder / "kubeconfig"
            self.file.write_text(self.kubeconfig)
            self.nodes: Machines = {}
            self.close = stack.pop_all().close

    def run(self, words: Sequence[str], given: str = "") -> tuple[int, str, str]:
        """Run kubectl with these words and what they are given; return its code, what it prints and complains of."""
        argv = [path_of("kubectl"), *words]
        known = {"PATH": os.environ["PATH"], "HOME": str(self._folder), "KUBECACHEDIR": str(self._folder / "cache")}
        start = partial(
            subprocess.run, argv, check=False, input=given, capture_output=True, text=True, timeout=HANGS, env=known
        )
        done: subprocess.CompletedProcess[str] = self.machine.inside(start)
        return done.returncode, done.stdout, done.stderr

    def apply(self, text: str) -> list[str]:
        """Apply documents as the ground does; return what kubectl says of each, its refusals at the end."""
        words = ("--kubeconfig", str(self.file), "apply", "--server-side", "--force-conflicts", "--filename", "-")
        _, out, err = self.run(words, text)
        return [*out.splitlines(), *err.splitlines()]

    def begin(self, nodes: Machines) -> None:
        """Let machines become Nodes that are ready, with kind's label."""
        for name, own in nodes.items():
            machine = next(each for each in BOOK.nodes if each.name == own)
            spec, status = objects.node(machine._replace(name=name), str(BOOK.pod_cidr(machine)))
            spec["metadata"]["labels"]["packetwalk.node"] = own
            self.api.apply(spec)
            self.api.apply(status, status=True)
        self.nodes = nodes

    def end(self) -> None:
        """Let the Nodes be gone, and what ran on them."""
        for each in (*self.api.all("Pod", "default"), *self.api.all("Service", "default"), *self.api.all("Node")):
            if each["metadata"]["name"] != "kubernetes":
                self.api.delete(each)
        self.nodes = {}

    def settle(self) -> None:
        """Place Pods by their nodeSelector and let them run, and DaemonSets everywhere."""
        for number, pod in enumerate(self.api.all("Pod", "default")):
            if "nodeName" not in pod["spec"]:
                self._run(pod, f"10.244.9.{number + 1}")
        for each in self.api.call("GET", DAEMONS)["items"]:
            counts = ("desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled", "numberReady", "numberAvailable")
            status: dict[str, Any] = dict.fromkeys(counts, len(self.nodes))
            status |= {"observedGeneration": each["metadata"]["generation"], "numberMisscheduled": 0}
            where, name = each["metadata"]["namespace"], each["metadata"]["name"]
            path = f"/apis/apps/v1/namespaces/{where}/daemonsets/{name}/status"
            self.api.call("PATCH", path, {"status": status}, MERGE)

    def _run(self, pod: Any, address: str) -> None:
        wanted = pod["spec"]["nodeSelector"]["packetwalk.node"]
        name = next(name for name, own in self.nodes.items() if own == wanted)
        metadata = {"name": pod["metadata"]["name"], "namespace": "default"}
        binding = {"apiVersion": "v1", "kind": "Binding", "metadata": metadata, "target": {"kind": "Node", "name": name}}
        path = place("Pod", metadata["name"], "default")
        self.api.call("POST", f"{path}/binding", binding)
        known = {"podIP": address, "podIPs": [{"ip": address}], "phase": "Running", "conditions": objects.READY}
        self.api.call("PATCH", f"{path}/status", {"status": known}, MERGE)
