"""How a node's own packets leave for pods of other nodes: with which address, and through a tunnel or not.

What a policy of those pods sees as the source is the address of the device that the route leads to: the tunnel's, or
that of the node's interface where the mode is Never, or CrossSubnet within one subnet (felix/dataplane/linux/
vxlan_mgr.go and confd's BIRD templates for IP-in-IP, Calico v3.33).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from packetwalk.policy.endpoints import Machine, Workload
from packetwalk.policy.manifests.collected import ALWAYS, CROSS_SUBNET, PoolRecord
from packetwalk.policy.rules import HostAddress

SHOWN = 4
"""Pods that a note names."""
TUNNEL, NIC = "tunnel", "eth0"


class Leaving(NamedTuple):
    """A packet as it leaves its node: ``device`` is a tunnel or the node's interface, ``address`` its source if known."""

    device: str
    address: HostAddress | None


Routes = Callable[[Machine, HostAddress], Leaving]
"""What the tables of a node say of its packets to an address."""


def by_pools(
    pools: Sequence[PoolRecord], machine: Machine, to: HostAddress | None, there: Machine | None
) -> Leaving:
    """Return how packets leave by the mode of the pool of a pod's address; through a tunnel where none is known."""
    mode = next((each.mode for each in pools if to in each.net), ALWAYS)
    tunnel = Leaving(TUNNEL, machine.tunnels[0] if machine.tunnels else None)
    if mode == ALWAYS:
        return tunnel
    if mode == CROSS_SUBNET:
        if machine.subnet is None or there is None or not there.addresses:
            return Leaving(TUNNEL, None)
        if there.addresses[0] not in machine.subnet:
            return tunnel
    return Leaving(NIC, machine.addresses[0] if machine.addresses else None)


def bare(pods: Iterable[Workload]) -> Iterator[Machine]:
    """Yield the nodes that pods on their network tell of: a name, and the pod's addresses."""
    for each in pods:
        if each.host_network and each.node:
            yield Machine(each.node, each.addresses, {})


def nodeless(pods: Iterable[Workload], machines: Iterable[Machine]) -> Iterator[str]:
    """Yield what is not known of the nodes of pods on their nodes' networks that no manifest shows."""
    known = {each.name for each in machines}
    lacking = [each for each in pods if each.host_network and each.node not in known]
    if lacking:
        names = ", ".join(map(str, lacking[:SHOWN]))
        more = f" and {len(lacking) - SHOWN} more" if len(lacking) > SHOWN else ""
        yield (
            f"no Node object: of the node of {names}{more}, on its network, neither labels nor a tunnel's address "
            "are known"
        )


def unknown(pools: Iterable[PoolRecord], machines: Sequence[Machine]) -> Iterator[str]:
    """Yield for which pools, and for which nodes, nobody can say with which address packets leave."""
    for each in pools if len(machines) > 1 else ():
        lacking = {
            ALWAYS: ("tunnel's address", [one.name for one in machines if not one.tunnels]),
            CROSS_SUBNET: ("subnet", [one.name for one in machines if one.subnet is None]),
        }
        what, names = lacking.get(each.mode, ("", []))
        if names:
            yield (
                f"IPPool {each.name}: {each.mode}, and no annotation says the {what} of node {', '.join(names)}: "
                "the source of such a node's packets to pods of other nodes is not known"
            )
