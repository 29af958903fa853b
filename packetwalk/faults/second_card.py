"""A node with a second network card, whose address its plugin has published instead of the first one's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packetwalk.faults import TO_ANOTHER_NODE, Fault, Touch
from packetwalk.plan.cluster import Cluster, Node, docker_mac
from packetwalk.plan.edit import others, receiver, reworded
from packetwalk.plan.operation import Operation
from packetwalk.plan.properties import wrapped_in
from packetwalk.tables import AddrEntry, IpSet, LinkEntry, RouteEntry, SocketEntry

CARD, ADDRESS, GATEWAY, LENGTH = "eth1", "10.0.2.15", "10.0.2.2", 24
SEGMENT = "10.0.2.0/24"
BY = ("node set-up", "")


def wrong_interface(why: str, mend: str, *, sets: bool = False) -> Fault:
    """Return the fault; ``why`` says how the plugin chose that card, ``mend`` how it is told another.

    ``sets`` says that it keeps sets of all nodes' addresses.
    """
    return Fault(
        "wrong-interface",
        "The peer node is known by the address of its other card",
        f"The node has a second card, in a network of its own, and {why}. All other nodes send there what they wrap, and "
        f"no way leads to it; what it sends itself has that address too. Its pods reach each other. {mend}",
        TO_ANOTHER_NODE,
        (
            Touch(nodes=receiver),
            Touch(nodes=others(receiver), about=receiver),
            *((Touch(("ipset",), others(receiver)),) if sets else ()),
        ),
        _published,
        wrapped_in("vxlan", "ipip", "tun"),  # WireGuard answers where a peer's packets come from
    )


def _published(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
    """Return a node's plan where the receiving node has published the second card's address."""
    (peer,) = receiver(cluster)
    known = re.compile(rf"{re.escape(peer.address)}(?!\d)")

    def told(operation: Operation) -> Operation:
        about = operation.peer == peer.name or isinstance(operation.entry, IpSet)
        own = node is peer and isinstance(operation.entry, (LinkEntry, SocketEntry))
        if not about and not own:
            return operation
        entry = reworded(operation.entry, lambda text: known.sub(ADDRESS, text))
        if node is peer and isinstance(entry, LinkEntry) and entry.link:
            entry = entry._replace(link=CARD)
        return operation._replace(entry=entry)

    made = map(told, plan)
    return [*_second(cluster, peer, made)] if node is peer else [*made]


def _second(cluster: Cluster, node: Node, plan: Iterator[Operation]) -> Iterator[Operation]:
    """Yield a plan with the second card, and the default route by it."""
    for operation in plan:
        entry = operation.entry
        if isinstance(entry, RouteEntry) and entry.dst == "default" and operation.netns == node.name:
            nic = LinkEntry(CARD, "eth", cluster.mtu, docker_mac(ADDRESS), segment=SEGMENT)
            yield Operation(node.name, nic, *BY)
            yield Operation(node.name, AddrEntry(CARD, ADDRESS, LENGTH), *BY)
            yield operation._replace(entry=entry._replace(dev=CARD, gateway=GATEWAY))
        else:
            yield operation
