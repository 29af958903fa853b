"""An address that a new pod has got at once: what others still know of the pod before it."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from packetwalk.faults import TO_ANOTHER_NODE, Fault, Touch
from packetwalk.plan.cluster import Cluster, Node, Pod, made_mac
from packetwalk.plan.edit import Who, everybody, receiver
from packetwalk.plan.operation import Operation
from packetwalk.tables import AddrEntry, NeighEntry

GONE = made_mac("the pod that had the address before")


def _network(entry: AddrEntry) -> IPv4Network:
    return IPv4Interface(f"{entry.local}/{entry.prefixlen}").network


def address_reused(address: Callable[[Cluster, Pod], str], nodes: Who = everybody) -> Fault:
    """Return the fault of pods on a bridge: whoever has the receiving pod on-link knows its address by another MAC.

    ``address`` returns a pod's own, ``nodes`` are those that have it on-link.
    """

    def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        (home,) = receiver(cluster)
        pod = cluster.pod(home, 0)
        reused = address(cluster, pod)

        out = list(plan)
        for netns, entry, *_ in plan:
            if isinstance(entry, AddrEntry) and netns != pod.name and IPv4Address(reused) in _network(entry):
                out.append(Operation(netns, NeighEntry(reused, entry.dev, GONE, "STALE"), "kernel (ARP)"))
        return out

    return Fault(
        "address-reused",
        "A new pod has an address that was just freed, and is not known by its MAC yet",
        "Who had the old pod as a neighbour still sends to its MAC: the bridge knows no such port, sends the frame to all, "
        "and the new pod takes it for somebody else's. A pod announces itself (arp_notify, gratuitous ARP), and then all "
        "is well; here that was missed. The kernel uses the entry for 5 seconds more, asks the old MAC three times, and "
        "forgets it: the next packet finds the new pod. `ip neigh flush to ADDRESS` does it at once.",
        TO_ANOTHER_NODE,
        (Touch(("neigh",), nodes),),
        change,
        lambda mode: "bridge" in mode.devices.values(),
        {"cold": True},
    )
