"""hostPorts of random pods: what the plan says, and what the CNI plugin portmap itself writes of them."""

from __future__ import annotations

import hashlib
import json
from ipaddress import IPv4Interface
from random import Random
from typing import NamedTuple

from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.lab.kernel.programs.runtime import INTERFACE, VERSION
from packetwalk.lab.real.programs import path_of
from packetwalk.plan.host_port import NETWORK, PortMapping, rules, shared
from packetwalk.tables import IptablesRule
from packetwalk.tables.iptables import IPTABLES

MANY = 17  # ports, more than one rule takes
ADDRESSES = ("", "", "", "172.18.0.3", "0.0.0.0")


class MappedPod(NamedTuple):
    """A pod's container, its address, the ports that it has of its node."""

    container: str
    own: str
    mappings: tuple[PortMapping, ...]


class PortsCase(NamedTuple):
    """Pods that come to one node, one after the other."""

    name: str
    pods: tuple[MappedPod, ...]

    def __str__(self) -> str:
        pods = "".join(f"\n  {pod.own}: {' '.join(map(str, pod.mappings))}" for pod in self.pods)
        return f"# pods with hostPorts {self.name}{pods}"


def draw(seed: str) -> PortsCase:
    """Draw up to three pods; the same seed draws the same ones on any machine."""
    chance, pods = Random(seed), []
    for number in range(chance.choice((1, 2, 3))):
        many = chance.choice((1, 1, 2, 3, MANY))
        mappings = tuple(
            PortMapping(
                20000 + 100 * number + k,
                chance.choice((80, 8080, 53)),
                chance.choice(("tcp", "tcp", "udp", "sctp")) if many < MANY else "tcp",
                chance.choice(ADDRESSES) if many < MANY else "",
            )
            for k in range(many)
        )
        if chance.randrange(3) == 0:
            mappings = (*mappings, mappings[0]._replace(address="172.18.0.9"))
        container = hashlib.sha256(f"{seed} {number}".encode()).hexdigest()
        pods.append(MappedPod(container, f"10.244.1.{number + 2}/24", mappings))
    return PortsCase(seed, tuple(pods))


def difference(case: PortsCase) -> str:
    """Return the first difference between the plan and what portmap writes."""
    return compared(case, listing(case))


def listing(case: PortsCase) -> str:
    """Let portmap add each pod in a fresh namespace, and return what ``iptables-save`` prints then."""
    machine, inside = Namespace("host-ports"), Namespace("pod")
    try:
        machine.own_run()
        for pod in case.pods:
            _add(machine, inside, pod)
        return machine.run(["iptables-save"])
    finally:
        machine.close()
        inside.close()


def compared(case: PortsCase, text: str) -> str:
    """Return the first difference between the plan and a listing, in the order of each chain."""
    pods = (rules(pod.container, IPv4Interface(pod.own), pod.mappings) for pod in case.pods)
    plan = IPTABLES.hold([*shared(), *(rule for some in pods for rule in some)])
    found = [each for each in IPTABLES.parse(text) if isinstance(each, IptablesRule)]
    for place in dict.fromkeys((each.chain_table, each.chain) for each in (*plan, *found)):
        ours, theirs = (
            [str(each) for each in some if (each.chain_table, each.chain) == place] for some in (plan, found)
        )
        if ours != theirs:
            return f"{' '.join(place)}: plan {' | '.join(ours) or '-'}; portmap {' | '.join(theirs) or '-'}"
    return ""


def _add(machine: Namespace, inside: Namespace, pod: MappedPod) -> None:
    mappings = [
        {
            "hostPort": each.port,
            "containerPort": each.to,
            "protocol": each.protocol,
            **({"hostIP": each.address} if each.address else {}),
        }
        for each in pod.mappings
    ]
    asked = {
        "name": NETWORK,
        "cniVersion": VERSION,
        "type": "portmap",
        "runtimeConfig": {"portMappings": mappings},
        "prevResult": {
            "cniVersion": VERSION,
            "interfaces": [{"name": INTERFACE, "sandbox": inside.path}],
            "ips": [{"version": "4", "address": pod.own, "interface": 0}],
        },
    }
    portmap = path_of("portmap")
    said = {
        "CNI_COMMAND": "ADD",
        "CNI_CONTAINERID": pod.container,
        "CNI_NETNS": inside.path,
        "CNI_IFNAME": INTERFACE,
        "CNI_PATH": portmap.rpartition("/")[0],
    }
    machine.run(["env", *(f"{key}={value}" for key, value in said.items()), portmap], json.dumps(asked))
