"""What weave-npc writes under policies, as the model's shell prints it and the kernel's tools do."""

from __future__ import annotations

import json
import re

import pytest

from packetwalk import policy
from packetwalk.cni.weave import npc
from packetwalk.lab.kernel import writing
from packetwalk.lab.kernel.deeds import Doing
from packetwalk.plan.cluster import Cluster
from packetwalk.shell import Shell, State
from packetwalk.tables import IpSet
from packetwalk.walks.network import Network
from tests.cni.weave.test_npc import WEB, ingress
from tests.lab.kernel.test_weave_npc import PEERS, PORTS

COMMANDS = (
    "iptables -S WEAVE-NPC-INGRESS",
    "iptables -L WEAVE-NPC-INGRESS -n",
    "iptables -L WEAVE-NPC-INGRESS",
    f"ipset list {npc.set_name(':team=x')}",
    f"ipset list {npc.set_name('default:')}",
)
DRAWN = re.compile(r"(initval|Size in memory:|hashsize) \w+| comment \"[^\"]*\"")
"""What the kernel draws or counts in bytes, and the comments of members, which the model has not."""


@pytest.mark.kernel("ipset")
def test_the_shell_prints_rules_and_sets_as_the_kernel_does() -> None:
    said = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "one"},
        "spec": ingress(*PEERS, ports=PORTS, pods=WEB),
    }
    network = Network(Cluster(), "weave", "sleeve", policies=policy.gather(texts={"it": json.dumps(said)}))
    mine = [op.entry for op in network.plan("kind-worker") if op.by == "weave-npc"]
    shell, made = Shell(State(network), "kind-worker"), Doing("here")
    try:
        ordered = sorted(mine, key=lambda each: not isinstance(each, IpSet))
        writing.write(made, [argv for each in ordered for argv in each.argv()])
        for command in COMMANDS:
            ours, theirs = str(shell.run(command.split())), made.run(command.split())
            assert lines(ours) == lines(theirs), command
    finally:
        made.close()


def lines(text: str) -> list[str]:
    """Return what is printed, the members of a hash in an order."""
    found = [DRAWN.sub(r"\1", line).rstrip() for line in text.splitlines()]
    start = found.index("Members:") if "Members:" in found else len(found)
    return found[:start] + sorted(found[start:])
