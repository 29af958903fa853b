"""CNI plugins that attach the pods of a plan themselves: what they have in common, whichever they are."""

from __future__ import annotations

import platform
import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.lab.kernel.programs.plan_writer import PlanWriter
from packetwalk.lab.kernel.programs.runtime import Runtime, folder
from packetwalk.lab.kernel.quiet import quieten
from packetwalk.plan.cluster import Node
from packetwalk.plan.operation import Operation
from packetwalk.tables import LinkEntry
from packetwalk.walks.network import Network

STATE = "/run/cni/networks"
"""Where host-local keeps what it gave away: the namespace's own folder, in the place of /var/lib/cni/networks."""
LIVE_RENAME = (6, 2)  # commit bd039b5ea2a9


class CniPlugins(PlanWriter):
    """CNI plugins on all nodes: ``plugins`` are the programs, ``by`` what the plan calls them.

    ``near`` are the scenarios whose packets cross what they made in all its ways; ``modes`` the modes to show
    it in, where pods are attached alike in all but for their MTU.  ``routed`` says that routes lead out of a
    pod's cable on the node: it is renamed while it is up, which Linux can since 6.2, for they would be lost.
    """

    name = "CNI plugins"
    plugins: tuple[str, ...]
    by: tuple[str, ...]
    modes: tuple[str, ...]
    routed = False
    near: tuple[str, ...] = ("same-node", "cross-node", "service-local", "internet")

    @abstractmethod
    def configuration(self, network: Network, node: Node) -> dict[str, Any]:
        """Return what the first plugin, which makes the pod's cable, reads on a node."""

    def scenarios(self, mode: str, underlay: str, fault: str | None) -> tuple[str, ...]:
        """Return the scenarios that show their work in a sound cluster of one subnet."""
        return self.near if mode in self.modes and underlay == "flat" and fault is None else ()

    def writes(self, operation: Operation) -> bool:
        """Say whether an operation is one of theirs."""
        return operation.by in self.by

    def lacking(self, plan: Sequence[Operation]) -> str:
        """Return that they are missing, or that the kernel is too old, if so."""
        if folder(self.plugins) is None:
            return f"CNI plugins missing: {', '.join(self.plugins)}"
        return "renaming a device that is up: Linux 6.2" if self.routed and _release() < LIVE_RENAME else ""

    @contextmanager
    def work(
        self, namespaces: Mapping[str, Namespace], network: Network, plan: Sequence[Operation]
    ) -> Iterator[dict[str, Runtime]]:
        """Attach all pods in the order of the plan, and then give what was drawn the plan's names."""
        with ExitStack() as stack:
            runtimes = {}
            for node in network.nodes:
                runtimes[node.name] = Runtime(namespaces[node.name], self.configuration(network, node))
                stack.callback(runtimes[node.name].close)
            for operation in plan:
                link = operation.entry
                if self.writes(operation) and isinstance(link, LinkEntry) and link.peer and link.creates:
                    result = runtimes[operation.netns].add(namespaces[link.peer[0]])
                    names = [each["name"] for each in result["interfaces"]]
                    drawn = next(name for name in names if name.startswith("veth"))
                    self._rename(namespaces[operation.netns], drawn, link.ifname)
            for operation in plan:
                if self.writes(operation) and isinstance(operation.entry, LinkEntry):
                    _settle(namespaces[operation.netns], operation.entry)
            yield runtimes

    def _rename(self, node: Namespace, drawn: str, name: str) -> None:
        """Give a host end the plan's name: plugins draw ``veth`` and eight digits at random."""
        lines = [f"link set {drawn} name {name}"]
        if not self.routed:
            lines = [f"link set {drawn} down", *lines, f"link set {name} up"]
        node.run(["ip", "-b", "-"], "\n".join(lines) + "\n")


def _release() -> tuple[int, ...]:
    """Return the first two numbers of the kernel's release."""
    return tuple(int(each) for each in re.findall(r"\d+", platform.release())[:2])


def _settle(namespace: Namespace, link: LinkEntry) -> None:
    """Give a device the plan's MAC, for the kernel drew one, and keep it quiet as all others."""
    namespace.run(["ip", "link", "set", link.ifname, "address", link.address])
    namespace.inside(partial(quieten, [link.ifname]))
