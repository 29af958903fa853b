"""Every scenario that is not a plugin's own: those that each player offers, and those that users ask for.

One place for a new scenario: a line in ``ASKED``.  All modes of all plugins have it then, on the command line, in
``prove``, in notebooks and in the tests; a page plays it with ``play(PLUGIN, MODE, NAME)``.  A Service that it needs
and an ordinary cluster has not stands in its line, so that the tables of a walk hold no other.
"""

from __future__ import annotations

from packetwalk.cni import PacketBefore, Scenario
from packetwalk.plan.affinity import remembered
from packetwalk.plan.cluster import Service
from packetwalk.plan.host_port import host_port
from packetwalk.plan.spoofing import forged
from packetwalk.walks.ends import NOBODY

SCENARIOS = (
    Scenario("same-node", "pod to pod on the same node", "a", "a2"),
    Scenario("cross-node", "pod to pod on another node", "a", "b"),
    Scenario("cross-subnet", "pod to pod on a node behind a router", "a", "b", underlay="routed"),
    Scenario("service", "pod to a ClusterIP, backend on another node", "a", "web", "tcp"),
    Scenario("service-local", "pod to a ClusterIP, backend on the same node", "a", "near", "tcp"),
    Scenario("internet", "pod to a host outside of the cluster", "a", "internet"),
    Scenario("node-to-pod", "node to a pod on another node", "kind-worker", "b"),
)
"""What every player offers."""

SELF = (Service("self", "10.96.0.82", 80, 8080, ("a",)),)
NONE = (Service("none", "10.96.0.83", 80, 8080, ()),)
OPEN = (Service("shop", "10.96.0.84", 80, 8080, ("b",), node_port=30080),)
OPEN_LOCAL = (Service("shop", "10.96.0.85", 80, 8080, ("b",), node_port=30081, external_local=True),)
STICKY = (Service("sticky", "10.96.0.86", 80, 8080, ("a2", "b"), affinity=10800),)
TWO = (Service("two", "10.96.0.87", 80, 8080, ("a2", "b")),)
GUARDED = (
    Service(
        *("guarded", "10.96.0.89", 80, 8080, ("b",)),
        node_port=30082,
        load_balancers=("198.51.100.7",),
        sources=("203.0.113.0/24",),
    ),
)
MOVING = Service("moving", "10.96.0.91", 80, 8080, ("b",))
HOST_PORT = host_port(18080, 8080)

ASKED = (
    Scenario("nodeport", "outside to a NodePort", "internet", "kind-worker:30080", "tcp", services=OPEN),
    Scenario("nodeport-from-pod", "pod to a NodePort", "a", "kind-worker:30080", "tcp", services=OPEN),
    Scenario(
        *("nodeport-from-node", "node to a NodePort", "kind-worker", "kind-worker:30080", "tcp"),
        services=OPEN,
    ),
    Scenario(
        *("nodeport-local", "outside to a NodePort of policy Local, on the pod's node"),
        *("internet", "kind-worker2:30081", "tcp"),
        services=OPEN_LOCAL,
    ),
    Scenario(
        *("nodeport-local-away", "outside to a NodePort of policy Local, on a node without a pod of it"),
        *("internet", "kind-worker:30081", "tcp"),
        services=OPEN_LOCAL,
    ),
    Scenario(
        *("nodeport-local-from-pod", "pod to a NodePort of policy Local"),
        *("a", "kind-worker:30081", "tcp"),
        services=OPEN_LOCAL,
    ),
    Scenario(
        *("nodeport-local-from-node", "node to a NodePort of policy Local"),
        *("kind-worker", "kind-worker:30081", "tcp"),
        services=OPEN_LOCAL,
    ),
    Scenario("hostport", "outside to a hostPort", "internet", "kind-worker:18080", "tcp", change=HOST_PORT),
    Scenario("hostport-from-pod", "pod to a hostPort", "a2", "kind-worker:18080", "tcp", change=HOST_PORT),
    Scenario(
        *("hostport-from-node", "node to a hostPort", "kind-worker", "kind-worker:18080", "tcp"),
        change=HOST_PORT,
    ),
    Scenario(
        *("load-balancer", "outside to a load balancer's address", "internet", "198.51.100.7:80", "tcp"),
        services=GUARDED,
    ),
    Scenario(
        *("load-balancer-refused", "pod that is in no range of a load balancer's sources"),
        *("a", "198.51.100.7:80", "tcp"),
        services=GUARDED,
    ),
    Scenario("hairpin", "pod to its own Service", "a", "self", "tcp", services=SELF),
    Scenario("no-endpoints", "pod to a Service without endpoints", "a", "none", "tcp", services=NONE),
    Scenario("no-such-port", "pod to a port that the Service does not have", "a", "web:81", "tcp"),
    Scenario("no-such-service", "pod to an address that no Service has", "a", "10.96.0.200:80", "tcp"),
    Scenario("two-endpoints", "pod to a Service with two endpoints", "a", "two", "tcp", services=TWO),
    Scenario("affinity", "pod to a Service that remembers its client", "a", "sticky", "tcp", services=STICKY),
    Scenario(
        *("affinity-again", "pod to a Service that remembers it, the next time", "a", "sticky", "tcp"),
        change=remembered("sticky", "a", "a2"),
        services=STICKY,
    ),
    Scenario(
        *("service-fragments", "pod to a ClusterIP, a datagram in fragments", "a", "web", "udp"),
        packet={"size": 3000},
    ),
    Scenario("node-to-service", "node to a ClusterIP", "kind-worker", "web", "tcp"),
    Scenario("api", "pod to the API server's Service", "a", "kubernetes", "tcp"),
    Scenario("own-node", "pod to its own node", "a", "kind-worker"),
    Scenario("other-node", "pod to another node", "a", "kind-worker2"),
    Scenario("own-node-to-pod", "node to a pod of its own", "kind-worker", "a"),
    Scenario(
        "neighbour-node",
        "pod to a pod next door, in a cluster of two subnets",
        "a",
        "coredns",
        underlay="routed",
    ),
    Scenario("nobody-here", "pod to an address of its node that no pod has", "a", f"{NOBODY}@kind-worker"),
    Scenario(
        "nobody-there", "pod to an address of another node that no pod has", "a", f"{NOBODY}@kind-worker2"
    ),
    Scenario(
        *("port-clash", "second pod from one port to one address outside", "a2", "internet", "udp"),
        before=PacketBefore("a", "internet"),
    ),
    Scenario(
        *("endpoint-gone", "UDP flow of a pod to a Service that has lost its only endpoint", "a", "moving", "udp"),
        services=(MOVING._replace(backends=()),),
        before=PacketBefore("a", "moving", (MOVING,)),
    ),
    Scenario("spoofed", "pod that gives another address as its own", "a", "b", change=forged),
)
"""What users ask for: on the command line, in notebooks, and on the pages that play it."""
