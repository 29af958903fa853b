"""What a plugin runs on each node of a real cluster: its daemon, and the CNI plugins' configuration that it leaves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from packetwalk.lab.kernel.daemon import Daemon
from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.lab.kind.faults import Make
from packetwalk.lab.real.objects import Object
from packetwalk.plan import underlay
from packetwalk.plan.cluster import Cluster
from packetwalk.plan.operation import Operation
from packetwalk.plan.rules import IPTABLES
from packetwalk.walks.network import Network

if TYPE_CHECKING:
    from packetwalk.lab.manifests import Settings


class Agent(ABC):
    """A plugin in one mode, with its settings: a value that can be handed to another process."""

    daemon: str
    """The name of its program."""
    folders: tuple[str, ...]
    """What it keeps in a machine's ``/run``: gone before it starts anew."""

    @abstractmethod
    def objects(self) -> Sequence[Object]:
        """Return what its manifest brings and something reads: its ConfigMap."""

    @abstractmethod
    def start(self, machine: Namespace) -> Daemon:
        """Start it on a machine that has joined; the namespace's name is the Node's."""

    @abstractmethod
    def ready(self, machine: Namespace, others: Sequence[str]) -> bool:
        """Say whether it has written all that it writes; ``others`` are the other nodes' ranges of pods."""

    @abstractmethod
    def chain(self, machine: Namespace) -> Mapping[str, Any]:
        """Return the configuration of the first CNI plugin on a machine, once it is ready."""


class RealInstallation(NamedTuple):
    """A plugin under real programs: how its agent is made, and what can be broken, by the model's names."""

    agent: Callable[[Network, Settings], Agent]
    faults: Mapping[str, Make]


class RealSetup(NamedTuple):
    """What is to run: machines without a plugin, the plugin's agent, the form of kube-proxy's rules."""

    machines: Cluster
    agent: Agent
    rules: str = IPTABLES

    @property
    def key(self) -> tuple:
        """What makes two setups equal."""
        return self.machines.key, self.agent, self.rules

    @property
    def plan(self) -> list[Operation]:
        """What is there before any program runs: cards, addresses, default routes, loopbacks, servers."""
        made: list[Operation] = []
        for node in self.machines.nodes:
            made += underlay.node_plan(self.machines, node)
            for pod in self.machines.pods_of(node):
                made += underlay.pod_plan(pod.name)
        return [*made, *underlay.router_plan(self.machines), *underlay.internet_plan()]
