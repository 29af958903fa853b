"""Ways into a cluster's namespaces from outside: commands on nodes and in pods, by ``docker exec``.

No tool is needed in a pod's image: its network namespace is entered from the node.  A tool the node
lacks too (ping, tcpdump) comes from the container of tools, which sees the processes of all nodes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple, Protocol

from packetwalk.capture.output import Output
from packetwalk.errors import LabError
from packetwalk.lab.command import piped
from packetwalk.lab.kind.running.programs import attempt, call, refusal

PATIENCE = 60.0  # seconds for one command
LINES = '{range .items[*]}{.metadata.name}{"\\t"}%s{"\\n"}{end}'


class Machines(Protocol):
    """A cluster in Docker: its nodes' containers by the names we use, and the container of tools."""

    containers: Mapping[str, str]
    tools: str

    def kubectl(self, *words: str) -> str:
        """Ask the cluster."""


class RunningPod(NamedTuple):
    """A pod: the node's name in the book's words, its address, and its first process as the node counts."""

    node: str
    address: str
    pid: int


class Reach:
    """The namespaces of one cluster, by the names of the book's nodes and of the pods in ``namespace``."""

    def __init__(self, cluster: Machines, namespace: str = "default") -> None:
        self.cluster, self.namespace = cluster, namespace
        self._has: dict[tuple[str, str], bool] = {}

    @cached_property
    def nodes(self) -> Mapping[str, str]:
        """Addresses of the nodes by the book's names; only name and address are asked for."""
        wanted = LINES % '{.status.addresses[?(@.type=="InternalIP")].address}'
        known = {container: name for name, container in self.cluster.containers.items()}
        listed = self._lines("get", "nodes", "--output", f"jsonpath={wanted}")
        return {known[name]: address for name, address in listed if name in known}

    @cached_property
    def pods(self) -> Mapping[str, RunningPod]:
        """The pods that run and have a network of their own; only name, node and address are asked for."""
        wanted = LINES % '{.spec.nodeName}{"\\t"}{.status.podIP}{"\\t"}{.spec.hostNetwork}'
        known = {container: name for name, container in self.cluster.containers.items()}
        listed = self._lines("get", "pods", "--namespace", self.namespace, "--output", f"jsonpath={wanted}")
        return {
            name: RunningPod(known[node], address, self._pid(known[node], name))
            for name, node, address, *host in listed
            if node in known and address and "true" not in host
        }

    @cached_property
    def services(self) -> Mapping[str, str]:
        """Addresses of the namespace's services by name."""
        wanted = LINES % "{.spec.clusterIP}"
        listed = self._lines(
            "get", "services", "--namespace", self.namespace, "--output", f"jsonpath={wanted}"
        )
        return {name: address for name, address in listed if address not in ("", "None")}

    @cached_property
    def gateway(self) -> str | None:
        """The gateway of the nodes' network: a host that is no part of the cluster."""
        answer = self.run(next(iter(self.nodes)), ["ip", "-j", "route", "show", "default"])
        found = json.loads(answer) if answer.ok else []
        return found[0].get("gateway") if found else None

    def find(self, name: str) -> str | None:
        """Return the address of a pod, node or service; None for other words."""
        pod = self.pods.get(name)
        return pod.address if pod else self.nodes.get(name) or self.services.get(name)

    def forget(self) -> None:
        """Ask anew next time: pods have been started or stopped."""
        for name in ("nodes", "pods", "services"):
            self.__dict__.pop(name, None)

    def _lines(self, *words: str) -> list[list[str]]:
        return [line.split("\t") for line in self.cluster.kubectl(*words).splitlines() if line.strip()]

    def _pid(self, node: str, pod: str) -> int:
        runtime = ["docker", "exec", self.cluster.containers[node], "crictl"]
        where = ["--name", f"^{pod}$", "--namespace", self.namespace, "--state", "ready", "--quiet"]
        found = call([*runtime, "pods", *where]).split()
        if len(found) != 1:
            raise LabError(f"{node}: {len(found)} sandboxes of pod {pod}; there should be one")
        template = ["--output", "go-template", "--template", "{{.info.pid}}"]
        return int(call([*runtime, "inspectp", *template, found[0]]))

    def node_of(self, netns: str) -> str:
        """Return the node on which a node's or pod's namespace is."""
        return netns if netns in self.nodes else self.pods[netns].node

    def path(self, netns: str) -> str:
        """Return where the container of tools finds a namespace: the node's processes seen from outside."""
        container = self.cluster.containers[self.node_of(netns)]
        outer = call(["docker", "inspect", "--format", "{{.State.Pid}}", container]).strip()
        if netns in self.nodes:
            return f"/proc/{outer}/ns/net"
        return f"/proc/{outer}/root/proc/{self.pods[netns].pid}/ns/net"

    def run(
        self, netns: str, argv: Sequence[str], *, text: str = "", filters: Sequence[Sequence[str]] = ()
    ) -> Output:
        """Run a program in a node's or pod's network; what it says and its exit code are the answer.

        It is the node's own program where the node has it, else the container of tools' one.
        LabError only when the way there is closed.
        """
        container, inner = self.cluster.containers[self.node_of(netns)], piped(argv, filters)
        if self._node_has(container, argv[0]):
            inside = (
                [] if netns in self.nodes else ["nsenter", f"--net=/proc/{self.pods[netns].pid}/ns/net", "--"]
            )
            words = ["docker", "exec", "--interactive", container, *inside, *inner]
        else:
            words = ["docker", "exec", "--interactive", self.cluster.tools]
            words += ["nsenter", f"--net={self.path(netns)}", "--", *inner]
        done = attempt(words, text=text, timeout=PATIENCE)
        known = refusal(done.stderr)
        if known or "No such container" in done.stderr:
            raise LabError(known or f"{netns}: its container is gone")
        return Output(done.stdout + done.stderr, done.returncode, " ".join(argv))

    def _node_has(self, container: str, program: str) -> bool:
        if (container, program) not in self._has:
            asked = ["docker", "exec", container, "sh", "-c", 'command -v "$1"', "sh", program]
            self._has[container, program] = attempt(asked).returncode == 0
        return self._has[container, program]
