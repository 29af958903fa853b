"""A cluster of real programs: its machines, its control plane, and on each node kube-proxy and the plugin's agent."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from packetwalk.errors import BadInput
from packetwalk.lab.kernel import carriers
from packetwalk.lab.kernel.build import Lab
from packetwalk.lab.kernel.daemon import Daemon
from packetwalk.lab.kernel.deeds import Doing
from packetwalk.lab.kernel.defaults import AS_NEW, QUIET
from packetwalk.lab.kernel.programs.runtime import Runtime
from packetwalk.lab.kernel.quiet import quieten
from packetwalk.lab.real import objects
from packetwalk.lab.real.agent import RealSetup
from packetwalk.lab.real.control_plane import ControlPlane
from packetwalk.lab.real.kube_proxy import Marker, RealKubeProxy
from packetwalk.lab.real.objects import Object
from packetwalk.lab.real.programs import path_of
from packetwalk.lab.real.waiting import until
from packetwalk.plan import underlay
from packetwalk.plan.cluster import Cluster, Node, Pod, Service
from packetwalk.tables import LinkEntry

BRIDGED = {"net.bridge.bridge-nf-call-iptables": "1"}
"""The kernel's own value, which somebody may have changed."""
KEPT = ("lo", "eth0")
KUBE_PROXY = "kube-proxy"
RULES = ("flush", "add pref 32766 lookup main", "add pref 32767 lookup default")


class RealCluster:
    """Everything runs from the start; ``anew`` starts programs and pods again on machines that are as at first.

    What the API server has stays.  ``close`` ends all of it.
    """

    def __init__(self, wanted: RealSetup) -> None:
        """Bring it up; LabError in one line with the last words of the program that could not."""
        self.wanted = wanted
        self.lab = Lab(wanted.plan)
        self.daemons: dict[str, Daemon] = {}
        self.proxies: dict[str, RealKubeProxy] = {}
        try:
            first = self.machines.nodes[0]
            self.plane = ControlPlane(self.lab.netns[first.name], first.address)
            self._register()
            self._start()
        except BaseException:
            self.close()
            raise

    @property
    def machines(self) -> Cluster:
        """The machines, which have no plugin in the model's sense."""
        return self.wanted.machines

    @property
    def own_services(self) -> tuple[Service, ...]:
        """The Services of the book's cluster; the API server makes its own."""
        return tuple(each for each in self.machines.services if each.name != "kubernetes")

    def _register(self) -> None:
        """Write down nodes and Services."""
        api = self.plane.api
        for node in self.machines.nodes:
            self.plane.join(self.lab.netns[node.name])
            made, status = objects.node(node, str(self.machines.pod_cidr(node)))
            api.apply(made)
            api.apply(status, status=True)
        api.apply(*map(objects.service, self.own_services))

    def _start(self) -> None:
        """Start the programs of all nodes, attach the pods, wait until everything is written."""
        agent, api = self.wanted.agent, self.plane.api
        api.apply(*agent.objects())
        for node in self.machines.nodes:
            self._run_kube_proxy(node.name)
            self.daemons[node.name] = agent.start(self.lab.netns[node.name])
        for node in self.machines.nodes:
            self._ready(node)
        with ThreadPoolExecutor(len(self.machines.nodes)) as together:
            list(together.map(self._attach, self.machines.nodes))
        for here in self._inside():
            devices = here.devices()
            here.inside(partial(quieten, devices))
            here.inside(partial(carriers.take_in, devices))
        self.follow()

    def _run_kube_proxy(self, node: str) -> None:
        network, form = str(self.machines.pod_network), self.wanted.rules
        self.proxies[node] = RealKubeProxy(self.lab.netns[node], network, form)

    def _ready(self, node: Node) -> None:
        """Wait until the plugin's daemon has written all that it writes on a node."""
        here, daemon = self.lab.netns[node.name], self.daemons[node.name]
        others = [str(self.machines.pod_cidr(each)) for each in self.machines.nodes if each is not node]
        until(f"{node.name}: {daemon.name}", partial(self.wanted.agent.ready, here, others), [daemon])

    def end(self, program: str, name: str) -> None:
        """Kill kube-proxy or the plugin's daemon on a node; one that does not run is no error."""
        self._named(program, name)
        if program == KUBE_PROXY and name in self.proxies:
            self.proxies.pop(name).close()
        elif program != KUBE_PROXY and name in self.daemons:
            self.daemons.pop(name).close()

    def begin(self, program: str, name: str) -> None:
        """Start a program of a node again, and wait until it has written all."""
        node = self._named(program, name)
        self.end(program, name)
        if program == KUBE_PROXY:
            self._run_kube_proxy(name)
            self.follow()
        else:
            self.daemons[name] = self.wanted.agent.start(self.lab.netns[name])
            self._ready(node)

    def _named(self, program: str, name: str) -> Node:
        """Return a node; BadInput for a program that nodes do not have, or for no node."""
        valid = (KUBE_PROXY, self.wanted.agent.daemon)
        if program not in valid:
            raise BadInput("program of a node", program, valid)
        if name not in self.machines.node_by_name:
            raise BadInput("node", name, self.machines.node_by_name)
        return self.machines.node_by_name[name]

    def _inside(self) -> Iterator[Doing]:
        """Yield the namespaces of nodes and pods."""
        for node in self.machines.nodes:
            for name in (node.name, *(pod.name for pod in self.machines.pods_of(node))):
                yield self.lab.netns[name]

    def _attach(self, node: Node) -> None:
        """Attach a node's pods in their order, by the CNI plugins, and write the Pods down."""
        runtime = Runtime(self.lab.netns[node.name], self.wanted.agent.chain(self.lab.netns[node.name]), _plugins())
        for pod in self.machines.pods_of(node):
            result = runtime.add(self.lab.netns[pod.name])
            address = next(each["address"].partition("/")[0] for each in result["ips"])
            self._written(pod, address, node)

    def _written(self, pod: Pod, address: str, node: Node) -> None:
        made, status = objects.pod(pod, address, node.address)
        self.plane.api.apply(made)
        self.plane.api.apply(status, status=True)

    def follow(self) -> None:
        """Write the EndpointSlices of what the API server has now, and wait until every kube-proxy has all of it."""
        api = self.plane.api
        pods, services = api.all("Pod"), api.all("Service")
        wanted = [made for each in services if (made := objects.selected(each, pods))]
        api.apply(*wanted)
        names = {objects.key(each) for each in wanted}
        api.delete(*(each for each in api.all("EndpointSlice") if objects.ours(each) and objects.key(each) not in names))
        marker = Marker(self.plane)
        for proxy in self.proxies.values():
            proxy.synced(marker)
        marker.remove()
        for proxy in self.proxies.values():
            proxy.forgot()

    def anew(self, wanted: RealSetup) -> None:
        """Start everything again but the control plane, on the same machines."""
        self._stop()
        self.wanted = wanted
        for node in self.machines.nodes:
            self._clean(node)
            for pod in self.machines.pods_of(node):
                self.lab.netns[pod.name].close()
                self.lab.netns[pod.name] = fresh = Doing(pod.name)
                fresh.sysctl(AS_NEW | QUIET)
                fresh.run(["ip", "link", "set", "lo", "up"])
        self._start()

    def _clean(self, node: Node) -> None:
        """Leave a machine as it was before any program ran, whatever was done there by hand since."""
        here = self.lab.netns[node.name]
        here.run(["nft", "flush", "ruleset"])
        here.sysctl(AS_NEW | QUIET | BRIDGED)
        lines = [f"link delete {name}" for name in here.devices() if name not in KEPT]
        here.run(["ip", "-force", "-b", "-"], "\n".join(lines) + "\n", check=False)
        own = [op.entry for op in underlay.node_plan(self.machines, node)]
        nic = next(each for each in own if isinstance(each, LinkEntry) and each.ifname == "eth0")
        stale = [
            f"addr del {each['local']}/{each['prefixlen']} dev eth0"
            for each in json.loads(here.run(["ip", "-j", "-4", "addr", "show", "dev", "eth0"]))[0]["addr_info"]
            if each["local"] != node.address
        ]
        lines = [
            *stale,
            f"link set eth0 address {nic.address} mtu {nic.mtu} up",
            f"addr replace {node.address}/{node.prefixlen} dev eth0",
            *(f"rule {each}" for each in RULES),
            "route flush table main proto static",
            "route flush table main proto boot",
            f"route replace default via {node.gateway} dev eth0",
            "neigh flush all nud all",
        ]
        here.run(["ip", "-force", "-b", "-"], "\n".join(lines) + "\n", check=False)
        here.run(["rm", "-rf", *self.wanted.agent.folders])
        if shutil.which("conntrack"):
            here.run(["conntrack", "-F"], check=False)

    def _stop(self) -> None:
        for proxy in self.proxies.values():
            proxy.close()
        for daemon in self.daemons.values():
            daemon.close()
        self.proxies, self.daemons = {}, {}

    def close(self) -> None:
        """End every program, let all namespaces go."""
        self._stop()
        if hasattr(self, "plane"):
            self.plane.close()
        self.lab.close()


def _plugins() -> str:
    return path_of("bridge").rpartition("/")[0]


def services(found: Sequence[Object]) -> Mapping[str, tuple[str, int]]:
    """Return the address and the first port of each Service of the namespace ``default`` by name."""
    return {
        each["metadata"]["name"]: (each["spec"]["clusterIP"], each["spec"]["ports"][0]["port"])
        for each in found
        if each["metadata"]["namespace"] == "default"
        and each["spec"].get("clusterIP") not in (None, "", "None")
        and each["spec"].get("ports")
    }
