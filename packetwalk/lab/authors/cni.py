"""The CNI plugins that Flannel leaves the pods to: bridge and host-local, and portmap behind them.

What is done is a container runtime's part of the CNI specification, with the configuration that Flannel's
own plugin makes of its ``10-flannel.conflist`` and ``/run/flannel/subnet.env`` (flannel-io/cni-plugin
flannel.go ``cmdAdd``, flannel_linux.go ``getDelegateIPAM``).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from packetwalk.cluster import Node
from packetwalk.errors import LabError
from packetwalk.lab.authors.author import Author
from packetwalk.lab.build import quieten
from packetwalk.lab.namespaces import Namespace
from packetwalk.network import Network
from packetwalk.plan import Operation
from packetwalk.tables import LinkEntry

BY = ("bridge plugin", "host-local", "flannel CNI plugin")
MODES = ("vxlan", "host-gw")  # pods are attached alike in all modes, but for their MTU
NEAR = ("same-node", "cross-node", "service-local", "internet")
FOLDERS = ("/usr/lib/cni", "/opt/cni/bin")  # Debian's, and the one of everybody else
PLUGINS = ("bridge", "host-local", "portmap")
STATE = "/run/cni/networks"  # the namespace's own, in the place of /var/lib/cni/networks
BRIDGE, INTERFACE, VERSION = "cni0", "eth0", "0.3.1"


def folder() -> str | None:
    """Return the folder in which all plugins are, or None."""
    found = (each for each in FOLDERS if all(os.access(Path(each, name), os.X_OK) for name in PLUGINS))
    return next(found, None)


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


class Runtime:
    """A container runtime on one node, as far as networks go; ``close`` detaches every pod."""

    def __init__(self, node: Namespace, config: Mapping[str, Any]) -> None:
        self.node, self.config = node, config
        node.own_run()
        self._attached: dict[str, tuple[Namespace, Mapping[str, Any]]] = {}

    def add(self, pod: Namespace, ports: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
        """Attach a pod (ADD) and return the bridge plugin's result.

        ``ports`` are portMappings (hostPort, containerPort, protocol), for the portmap plugin.  LabError
        with a plugin's own message.
        """
        result = self._call("ADD", pod, self.config)
        mapped = {
            "name": self.config["name"],
            "cniVersion": VERSION,
            "type": "portmap",
            "runtimeConfig": {"portMappings": list(ports)},
            "prevResult": result,
        }
        self._attached[pod.name] = pod, mapped if ports else {}
        if ports:
            self._call("ADD", pod, mapped)
        return result

    def delete(self, pod: str) -> None:
        """Detach a pod (DEL), the plugins in the opposite order."""
        namespace, mapped = self._attached.pop(pod)
        if mapped:
            self._call("DEL", namespace, mapped)
        self._call("DEL", namespace, self.config)

    def close(self) -> None:
        """Detach all that is attached."""
        for pod in list(self._attached):
            self.delete(pod)

    def _call(self, verb: str, pod: Namespace, config: Mapping[str, Any]) -> dict[str, Any]:
        found = folder()
        environment = {
            "CNI_COMMAND": verb,
            "CNI_CONTAINERID": hashlib.sha256(pod.name.encode()).hexdigest(),
            "CNI_NETNS": pod.path,
            "CNI_IFNAME": INTERFACE,
            "CNI_PATH": str(found),
        }
        words = ["env", *(f"{key}={value}" for key, value in environment.items())]
        program = f"{found}/{config['type']}"
        said = self.node.run([*words, program], json.dumps(config), check=False)
        try:
            answer = json.loads(said) if said.strip() else {}
        except ValueError:
            answer = {"msg": said.strip().splitlines()[-1]}
        if "msg" in answer:
            raise LabError(f"{self.node.name}: {config['type']}, {verb} of {pod.name}: {answer['msg']}")
        return answer


class Delegated(Author):
    """The three plugins on all nodes."""

    name = "CNI plugins"

    def scenarios(self, mode: str, underlay: str, fault: str | None) -> tuple[str, ...]:
        """Return the scenarios whose packets cross what they made in all its ways."""
        return NEAR if mode in MODES and underlay == "flat" and fault is None else ()

    def writes(self, operation: Operation) -> bool:
        """Say whether an operation is one of theirs."""
        return operation.by in BY

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


AUTHORS = (Delegated(),)


def _rename(node: Namespace, drawn: str, name: str) -> None:
    """Give a host end the plan's name: the bridge plugin drew ``veth`` and eight digits at random."""
    lines = (f"link set {drawn} down", f"link set {drawn} name {name}", f"link set {name} up")
    node.run(["ip", "-b", "-"], "\n".join(lines) + "\n")


def _settle(namespace: Namespace, link: LinkEntry) -> None:
    """Give a device the plan's MAC, for the kernel drew one, and keep it quiet as all others."""
    namespace.run(["ip", "link", "set", link.ifname, "address", link.address])
    namespace.inside(partial(quieten, [link.ifname]))
