"""Whole clusters of real programs against the plan: every table of every machine and pod, and packets byte by byte.

flanneld, kube-proxy and the CNI plugins write all of it; programs are ended and started again before it is read.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from packetwalk.capture.recording import Probe
from packetwalk.cni import plugins
from packetwalk.errors import LabError
from packetwalk.lab.kernel.inventory import named
from packetwalk.lab.kernel.remote import Remote
from packetwalk.lab.manifests import Settings
from packetwalk.lab.plugins import plugin_slice
from packetwalk.lab.proving.real.likeness import as_planned
from packetwalk.lab.real.agent import RealSetup
from packetwalk.plan.cluster import Cluster
from packetwalk.plan.rules import RULES
from packetwalk.proof import compare
from packetwalk.proof.compare import frames
from packetwalk.trace.packet import Packet
from packetwalk.walks.network import Network

MODES, DAEMONS = ("vxlan", "host-gw", "vxlan-directrouting"), ("flanneld", "kube-proxy")
PLUGIN = next(name for name in plugins() if plugin_slice(name).real)
LIVE = "packetwalk.lab.real.live"
FIRST_PORT = 41001
GOALS = ("web", "near", "b", "a2", "internet", "kind-worker2")


class WholeCase(NamedTuple):
    """A cluster, programs that are ended and started again, packets: (from, to, protocol)."""

    name: str
    mode: str
    rules: str
    nodes: int
    pods: int
    underlay: str
    again: tuple[tuple[str, str], ...]
    packets: tuple[tuple[str, str, str], ...]

    def __str__(self) -> str:
        again = "".join(f"\n  {program} on {node} killed and started" for program, node in self.again)
        packets = "".join(f"\n  {' '.join(each)}" for each in self.packets)
        head = f"# cluster {self.name}: {PLUGIN} {self.mode}, {self.rules}, {self.underlay} underlay"
        return f"{head}, {self.nodes} nodes, {self.pods} pods each{again}{packets}"

    def network(self) -> Network:
        """Return the cluster by the plan."""
        return Network(
            Cluster(self.nodes, self.pods, underlay=self.underlay), PLUGIN, self.mode, rules=self.rules
        )


def draw(seed: str) -> WholeCase:
    """Draw a case; the same seed draws the same one on any machine."""
    chance = Random(seed)
    mode, nodes, pods = chance.choice(MODES), chance.choice((2, 3, 3, 4)), chance.choice((1, 2, 3))
    underlay = "routed" if mode == "vxlan-directrouting" else "flat"
    cluster = Cluster(nodes, pods, underlay=underlay)
    names = [node.name for node in cluster.nodes]
    again = tuple((chance.choice(DAEMONS), chance.choice(names)) for _ in range(chance.choice((0, 1, 2))))
    known = {"web", "near", "internet", *names, *(pod.name for pod in cluster.pods)}
    goals = [each for each in GOALS if each in known]
    packets = tuple(
        (chance.choice(("a", "a", "coredns", "kind-worker")), goal, chance.choice(("tcp", "udp", "icmp")))
        for goal in chance.sample(goals, 3)
    )
    return WholeCase(seed, mode, chance.choice(RULES), nodes, pods, underlay, again, packets)


def difference(case: WholeCase) -> str:
    """Bring the cluster up, end and start what is to be, send the packets; return the first difference from the plan."""
    network, remote = case.network(), Remote(LIVE)
    installed = plugin_slice(PLUGIN).real
    if installed is None:
        raise LabError(f"{PLUGIN} is not among the real programs")
    try:
        remote.call("run", RealSetup(network.cluster, installed.agent(network, Settings()), case.rules))
        for program, node in case.again:
            remote.call("end", program, node)
            remote.call("begin", program, node)
        return _sent(case, network, remote)
    finally:
        remote.close()


def _sent(case: WholeCase, network: Network, remote: Remote) -> str:
    """Send the packets; return the first difference."""
    about = {
        "plugin": PLUGIN,
        "mode": case.mode,
        "underlay": case.underlay,
        "rules": case.rules,
        "ground": "real",
    }
    for number, (src, goal, proto) in enumerate(case.packets):
        packet = Packet(proto, sport=FIRST_PORT + 2 * number)
        run = network.send(src, goal, packet)
        flow = run.traces[0].flow
        probe = Probe(f"{number}-{goal}", run.client, flow.dst, flow.dport or 0, packet)
        count = sum(1 for _ in frames.modelled(run))
        recorded = as_planned(remote.call("record", probe, named(network), about, count), network)
        for found in compare.compare(recorded, network):
            return f"{src} {goal} {proto}, {found.what}: {found.detail}"
    return ""
