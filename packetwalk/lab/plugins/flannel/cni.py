"""The CNI plugins that Flannel leaves the pods to: bridge and host-local, and portmap behind them.

They get the configuration that Flannel's own plugin makes of its ``10-flannel.conflist`` and
``/run/flannel/subnet.env`` (flannel-io/cni-plugin flannel.go ``cmdAdd``, flannel_linux.go
``getDelegateIPAM``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from packetwalk.cni.flannel.plan import CNI
from packetwalk.lab.kernel.build import quieten
from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.lab.kernel.programs.plan_writer import PlanWriter
from packetwalk.lab.kernel.programs.runtime import INTERFACE, PLUGINS, VERSION, Runtime, folder
from packetwalk.plan.cluster import Node
from packetwalk.plan.operation import Operation
from packetwalk.tables import LinkEntry
from packetwalk.walks.network import Network

MODES = ("vxlan", "host-gw")  # pods are attached alike in all modes, but for their MTU
NEAR = ("same-node", "cross-node", "service-local", "internet")
STATE = "/run/cni/networks"  # the namespace's own, in the place of /var/lib/cni/networks
BRIDGE = "cni0"


def delegated(network: Network, node: Node) -> dict[str, Any]:
    """Return what Flannel's plugin hands to the bridge plugin on a node.

    ``ipMasq`` is false, for flanneld masquerades; the folder of host-local's state is the lab's own.
    """
    machines = network.cluster
    return {
        "name": "cbr0",
        "cniVersion": VERSION,
        "type": "bridge",
        "hairpinMode": True,
        "isDefaultGateway": True,
        "isGateway": True,
        "ipMasq": False,
        "mtu": network.mode.pod_mtu(machines.mtu),
        "ipam": {
            "type": "host-local",
            "ranges": [[{"subnet": str(machines.pod_cidr(node))}]],
            "routes": [{"dst": str(machines.pod_network)}],
            "dataDir": STATE,
        },
    }


class Delegated(PlanWriter):
    """The three plugins on all nodes."""

    name = "CNI plugins"

    def scenarios(self, mode: str, underlay: str, fault: str | None) -> tuple[str, ...]:
        """Return the scenarios whose packets cross what they made in all its ways."""
        return NEAR if mode in MODES and underlay == "flat" and fault is None else ()

    def writes(self, operation: Operation) -> bool:
        """Say whether an operation is one of theirs."""
        return operation.by in CNI

    def lacking(self, plan: Sequence[Operation]) -> str:
        """Return that they are missing, if they are."""
        return "" if folder() else f"CNI plugins missing: {', '.join(PLUGINS)}"

    @contextmanager
    def work(
        self, namespaces: Mapping[str, Namespace], network: Network, plan: Sequence[Operation]
    ) -> Iterator[dict[str, Runtime]]:
        """Attach all pods in the order of the plan, and then give what was drawn the plan's names."""
        with ExitStack() as stack:
            runtimes = {}
            for node in network.nodes:
                runtimes[node.name] = Runtime(namespaces[node.name], delegated(network, node))
                stack.callback(runtimes[node.name].close)
            for operation in plan:
                link = operation.entry
                if self.writes(operation) and isinstance(link, LinkEntry) and link.peer and link.creates:
                    result = runtimes[operation.netns].add(namespaces[link.peer[0]])
                    names = [each["name"] for each in result["interfaces"]]
                    drawn = next(name for name in names if name not in (BRIDGE, INTERFACE))
                    _rename(namespaces[operation.netns], drawn, link.ifname)
            for operation in plan:
                if self.writes(operation) and isinstance(operation.entry, LinkEntry):
                    _settle(namespaces[operation.netns], operation.entry)
            yield runtimes


WRITERS = (Delegated(),)


def _rename(node: Namespace, drawn: str, name: str) -> None:
    """Give a host end the plan's name: the bridge plugin drew ``veth`` and eight digits at random."""
    lines = (f"link set {drawn} down", f"link set {drawn} name {name}", f"link set {name} up")
    node.run(["ip", "-b", "-"], "\n".join(lines) + "\n")


def _settle(namespace: Namespace, link: LinkEntry) -> None:
    """Give a device the plan's MAC, for the kernel drew one, and keep it quiet as all others."""
    namespace.run(["ip", "link", "set", link.ifname, "address", link.address])
    namespace.inside(partial(quieten, [link.ifname]))
