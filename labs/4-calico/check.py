"""What is looked at in lab 4."""

import re

from packetwalk.lab.check import answers, hints
from packetwalk.lab.check.seen import asked, first, silent


def between(cluster):
    """Return what kind-worker's card shows of a ping from a to b."""
    return cluster.node("kind-worker").tcpdump("eth0", "a", "b")


def route(cluster):
    """Return the line by which kind-worker reaches pod b."""
    return first(cluster.node("kind-worker").run(f"ip route get {cluster.address('b')}"))


def learnt(cluster):
    """Return the lines of kind-worker's routes that came over BGP; its own block is a blackhole."""
    lines = cluster.node("kind-worker").run("ip route").splitlines()
    return [line for line in lines if "proto bird" in line and not line.startswith("blackhole")]


def without_mesh(cluster):
    """Say that every node still has a session with every other, where the last BGPConfiguration leaves it so."""
    said = asked(cluster, "BGPConfiguration")
    off = bool(said) and (said[-1].get("spec") or {}).get("nodeToNodeMeshEnabled") is False
    return [] if off else ["the mesh of BGP sessions is not off: apply the BGPConfiguration of step 4 first"]


def reflector(cluster):
    """Say what is missing of the reflector: the Node that is one, or who peers with it."""
    nodes = [each.get("metadata") or {} for each in asked(cluster, "Node")]
    if not any("projectcalico.org/RouteReflectorClusterID" in (each.get("annotations") or {}) for each in nodes):
        yield "no Node has the annotation projectcalico.org/RouteReflectorClusterID: none is a reflector"
    if not asked(cluster, "BGPPeer"):
        yield "no BGPPeer says who peers with the reflector"


def sizes(cluster, netns, dev):
    """Return the lengths of the frames of a ping from a to b that leave by a device, in bytes."""
    frames = cluster.capture("a", "b").packet().frames
    return [len(f.data) for f in frames if (f.netns, f.dev, f.direction) == (netns, dev, "out")]


@hints(
    "tcpdump -e prints `length`: the whole frame in bytes.",
    "In the pod the frame of this ping has 14 + 20 + 8 + 56 = 98 bytes.",
)
def check_1(cluster, added: answers.number):
    """The frame on the wire is that much longer than the frame in the pod."""
    if "tunl0" not in route(cluster):
        yield f"kind-worker does not send to b through tunl0, but by this line: “{route(cluster)}”"
        return
    inside, outside = sizes(cluster, "a", "eth0"), sizes(cluster, "kind-worker", "eth0")
    if not inside or not outside:
        yield "a's ping does not reach the wire between the nodes"
    elif outside[0] - inside[0] != added:
        yield f"the frame has {inside[0]} bytes in the pod and {outside[0]} on the wire: not {added} more"


@hints(
    "kind: IPPool, apiVersion: projectcalico.org/v3; the name must stay default-ipv4-ippool.",
    "spec has cidr, ipipMode and vxlanMode; both modes take Always, CrossSubnet or Never.",
)
def check_2(cluster):
    """Packets between nodes are VXLAN to port 4789, and b answers."""
    if "VXLAN" not in between(cluster):
        yield f"kind-worker's card shows no VXLAN; it sends to b by this line: “{route(cluster)}”"
    yield from silent(cluster, [("a", "b"), ("b", "a")])


@hints(
    "The same resource as in step 2, with other values.",
    "Both modes can be Never.",
)
def check_3(cluster):
    """The wire carries the pod's own packet, and BIRD's route names the node as the next hop."""
    if "dev eth0" not in route(cluster):
        yield f"kind-worker does not send to b straight out of eth0, but by this line: “{route(cluster)}”"
    elif set(sizes(cluster, "kind-worker", "eth0")) != {98}:
        yield "the frame on the wire has not the 98 bytes that it has in the pod"
    pools = [each.get("spec") or {} for each in asked(cluster, "IPPool")]
    if pools and any(pools[-1].get(key, "Never") != "Never" for key in ("ipipMode", "vxlanMode")):
        yield "the IPPool still has a tunnel, for nodes of other subnets: neither mode may be anything but Never"
    yield from silent(cluster, [("a", "b"), ("b", "a")])


@hints(
    "The first line of tcpdump: source MAC > destination MAC.",
    "Compare it with the neighbour that `ip route` names for `default`.",
)
def check_4(cluster, sent_to: answers.mac):
    """Without a route to b's block the packet goes to the gateway."""
    if learnt(cluster) or without_mesh(cluster):
        yield f"kind-worker has {len(learnt(cluster))} routes by BIRD to other nodes: the mesh is not off"
        return
    lines = between(cluster).splitlines()
    found = re.search(r"> ([0-9a-f:]{17}),", lines[0]) if lines else None
    if found is None:
        yield "no frame of the ping leaves kind-worker"
    elif sent_to != found[1]:
        yield f"the ping for b does not leave to {sent_to}"


@hints(
    "Two resources: the Node gets a label and its cluster ID, the BGPPeer chooses both ends by selectors.",
    "nodeSelector: all() are the ones that peer, peerSelector the ones they peer with.",
)
def check_5(cluster):
    """kind-worker has learnt the way to b again, from BIRD, and b answers."""
    yield from without_mesh(cluster)
    yield from reflector(cluster)
    if len(learnt(cluster)) < len(cluster.nodes) - 1:
        yield f"kind-worker has {len(learnt(cluster))} routes by BIRD to other nodes, and there are {len(cluster.nodes) - 1}"
    yield from silent(cluster, [("a", "b"), ("b", "a")])


@hints(
    "Look at the card of kind-control-plane while a pings b.",
    "An empty listing has no lines.",
)
def check_6(cluster, through: answers.number):
    """That many frames pass the reflector."""
    yield from [*without_mesh(cluster), *reflector(cluster)]
    seen = cluster.node("kind-control-plane").tcpdump("eth0", "a", "b").splitlines()
    if through != len(seen):
        yield f"kind-control-plane sees {len(seen)} frames of a ping from a to b, not {through}"
    yield from silent(cluster, [("a", "b"), ("b", "a")])
