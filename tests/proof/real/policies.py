"""Each recorded step of weave-npc with policies: tables of n1 and n2, probes, and the same cluster by the plan."""

from __future__ import annotations

import json
import lzma
import re
from functools import cache, cached_property
from typing import Any, NamedTuple

from packetwalk.capture.recording import Place
from packetwalk.cni.weave.policies import policed
from packetwalk.cni.weave.policies.controller import CLOSED
from packetwalk.plan.cluster import Cluster, Node
from packetwalk.plan.edit import Change, Who, add, at, drop, entries, together
from packetwalk.plan.operation import Operation
from packetwalk.policy.estate import Estate
from packetwalk.tables import IpSet, IptablesRule, SocketEntry, UserChain
from packetwalk.walks.network import Edit, Network
from tests import policy
from tests.policy.test_plugins import cluster
from tests.proof.real.experiment import OUTSIDE
from tests.proof.real.recording import FOLDER, SETUPS, RealCluster

RECORDING = "weave-2.9.0-policy"
SYSTEM = ("kube-node-lease", "kube-public", "kube-system")
NPC_ENDED, FILTER_FLUSHED, ALL_FLUSHED, RESTARTED = (
    "22-npc-of-n2-ended",
    "27-filter-flushed-on-n1",
    "28-all-flushed-on-n1",
    "29-npc-of-n1-restarted",
)
STILL = {NPC_ENDED: "21-npc-running"}
"""A step without policies of its own: those of the one before were there yet."""
NEW_POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p2c", "namespace": "default", "labels": {"app": "server"}},
    "spec": {"nodeName": "n2", "containers": []},
    "status": {"podIP": "10.32.0.4"},
}
"""A pod that came when weave-npc of n2 had ended."""
WITH_NEW_POD = (NPC_ENDED, FILTER_FLUSHED, ALL_FLUSHED, RESTARTED)
LISTENING = {
    "internet": (("tcp", 9090),),
    "p2a": (("tcp", 8081), ("tcp", 8082)),
    "p2b": (("tcp", 53), ("udp", 53), ("udp", 5353)),
}
"""What listened there beside port 8080 of each pod."""


STAYED = add(
    lambda machines, each: (
        Operation(each.name, IptablesRule("filter", "WEAVE-NPC-EGRESS", spec), "weave-npc") for spec in CLOSED
    )
)
"""The end of WEAVE-NPC-EGRESS, which a policy of an earlier step has brought."""
CHAINS_OF_WEAVER = {"WEAVE-NPC", "WEAVE-NPC-EGRESS"}
"""Those that weaver makes too, for it jumps there."""


def on(*numbers: int) -> Who:
    """Return the nodes with these numbers."""
    return lambda machines: tuple(machines.nodes[number - 1] for number in numbers)


def _without_npc(machines: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
    """Take weave-npc's chains and rules away, which nobody writes again."""
    return [
        op
        for op in plan
        if op.by != "weave-npc"
        or isinstance(op.entry, IpSet)
        or (isinstance(op.entry, UserChain) and op.entry.chain in CHAINS_OF_WEAVER)
    ]


def _weaver_last(machines: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
    """Put weaver's rules of FORWARD behind those of kube-proxy, which wrote again before weaver did."""
    own = [
        op for op in plan if op.by == "weaver" and isinstance(op.entry, IptablesRule) and op.entry.inserted
    ]
    left = [op for op in plan if op not in own]
    return [*left, *(op._replace(entry=op.entry._replace(inserted=False)) for op in reversed(own))]


FLUSHED = drop(entries(IptablesRule, UserChain, chain_table="filter"))
BY_HAND: dict[str, Change] = {
    **dict.fromkeys(
        (
            "18a-from-empty-list",
            "18b-no-from",
            "18d-from-empty-peer",
            "18e-from-podselector-empty",
            "18f-from-namespaceselector-empty",
            "21-npc-running",
            NPC_ENDED,
        ),
        STAYED,
    ),
    FILTER_FLUSHED: together(at(on(1), FLUSHED), at(on(2, 3), STAYED)),
    ALL_FLUSHED: together(at(on(1), together(_without_npc, _weaver_last)), at(on(2, 3), STAYED)),
    RESTARTED: together(at(on(1), _weaver_last), at(on(2, 3), STAYED)),
}
"""What was left of earlier steps, and what the recorder did to n1."""


class Probe(NamedTuple):
    """A connection that was tried: who, with what, to where, and what came of it."""

    src: str
    proto: str
    dst: str
    said: str

    @classmethod
    def read(cls, command: str, said: str) -> Probe:
        """Read a command of the recorder: ``cli.py PROTOCOL ADDRESS PORT ...``, or ping."""
        who, _, words = command.partition(": ")
        program, *arguments = words.split(" ")
        src = OUTSIDE.get(who, who)
        if program == "ping":
            return cls(src, "icmp", arguments[-1], said)
        _, proto, address, port = arguments[:4]
        return cls(src, proto, f"{address}:{port}", said)

    @property
    def answered(self) -> bool:
        """Whether somebody answered."""
        return " ok:" in self.said or "bytes from" in self.said

    @property
    def saw(self) -> str:
        """The address that the server saw, where it said so."""
        found = re.search(r"saw ([\d.]+):", self.said)
        return found[1] if found else ""


class PolicyStep:
    """One step; as a recording it can be compared table by table."""

    name = RECORDING

    def __init__(self, kept: dict[str, Any], by_hand: bool = True) -> None:
        """``kept`` is its line of the file; ``by_hand``: with what the policies alone do not make."""
        self.step, self.kept = kept["step"], kept
        self._by_hand = BY_HAND.get(self.step) if by_hand else None

    @cached_property
    def estate(self) -> Estate:
        """What was applied, and all pods."""
        return self._estate(self.step in WITH_NEW_POD)

    def _estate(self, with_new_pod: bool) -> Estate:
        applied = STILL.get(self.step, self.step)
        said = next(each for each in policy.cases("weave-npc-2.9.0") if each["step"] == applied)
        more = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in SYSTEM]
        return policy.estate([*cluster(said), *more, *([NEW_POD] if with_new_pod else [])], plugin="weave")

    @cached_property
    def network(self) -> Network:
        """The cluster by the plan, under these policies, with what was done by hand."""
        setup, change = SETUPS[RECORDING], policed(self.estate)
        if self.step in WITH_NEW_POD:
            setup = setup._replace(pods={**setup.pods, "p2c": "n2"})
        if self.step == NPC_ENDED:
            change = together(change, at(on(2), policed(self._estate(False))))
        if self._by_hand:
            change = together(change, self._by_hand)
        made = Network(RealCluster(setup), "weave", "sleeve", change=change)
        return made.edited({netns: [_listening(netns)] for netns in LISTENING})

    @cached_property
    def places(self) -> list[Place]:
        """The tables of its nodes, where they were kept."""
        return [Place(node, node, "node", node, files) for node, files in self.kept["places"].items()]

    @cached_property
    def probes(self) -> list[Probe]:
        """What was tried, all at the same time."""
        return [Probe.read(*each) for each in self.kept["probes"]]


def _listening(netns: str) -> Edit:
    return lambda plan: [
        *plan, *(Operation(netns, SocketEntry(*each, "cli.py"), "experimenter") for each in LISTENING[netns])
    ]


@cache
def steps() -> dict[str, PolicyStep]:
    """Return all steps by name."""
    text = lzma.decompress((FOLDER / RECORDING / "steps.jsonl.xz").read_bytes()).decode()
    return {each.step: each for each in map(PolicyStep, map(json.loads, text.splitlines()))}
