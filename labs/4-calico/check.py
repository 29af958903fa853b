"""What is looked at in lab 4."""

import re

from packetwalk.lab.check import hints


def between(cluster):
    """Return what kind-worker's card shows of a ping from a to b."""
    return cluster.node("kind-worker").tcpdump("eth0", "a", "b")


def route(cluster):
    """Return the line by which kind-worker reaches pod b."""
    return cluster.node("kind-worker").run(f"ip route get {cluster.address('b')}").splitlines()[0]


def learnt(cluster):
    """Return the lines of kind-worker's routes that came over BGP; its own block is a blackhole."""
    lines = cluster.node("kind-worker").run("ip route").splitlines()
    return [line for line in lines if "proto bird" in line and not line.startswith("blackhole")]


def answers(cluster):
    """Say what is wrong if pod b does not answer pod a."""
    said = cluster.pod("a").ping("b")
    return [] if said.ok else ["a gets no answer from b"]


def sizes(cluster, netns, dev):
    """Return the lengths of the frames of a ping from a to b that leave by a device, in bytes."""
    frames = cluster.capture("a", "b").packet().frames
    return [len(f.data) for f in frames if (f.netns, f.dev, f.direction) == (netns, dev, "out")]


@hints(
    "tcpdump -e prints `length`: the whole frame in bytes.",
    "In the pod the frame of this ping has 14 + 20 + 8 + 56 = 98 bytes.",
    "118 on kind-worker's eth0, 98 in the pod.",
)
def check_1(cluster, added):
    """The frame on the wire is that much longer than the frame in the pod."""
    if "tunl0" not in route(cluster):
        yield f"kind-worker does not send to b through tunl0: {route(cluster)}"
        return
    inside, outside = sizes(cluster, "a", "eth0")[0], sizes(cluster, "kind-worker", "eth0")[0]
    if outside - inside != added:
        yield f"the frame does not grow by {added} bytes on its way from the pod to the wire"


@hints(
    "kind: IPPool, apiVersion: projectcalico.org/v3; the name must stay default-ipv4-ippool.",
    "spec has cidr, ipipMode and vxlanMode; both modes take Always, CrossSubnet or Never.",
    "spec: {cidr: 10.244.0.0/16, ipipMode: Never, vxlanMode: Always}",
)
def check_2(cluster):
    """Packets between nodes are VXLAN to port 4789, and b answers."""
    if "VXLAN" not in between(cluster):
        yield "kind-worker's card shows no VXLAN"
    yield from answers(cluster)


@hints(
    "The same resource as in step 2, with other values.",
    "Both modes can be Never.",
    "spec: {cidr: 10.244.0.0/16, ipipMode: Never, vxlanMode: Never}",
)
def check_3(cluster):
    """The wire carries the pod's own packet, and BIRD's route names the node as the next hop."""
    if "dev eth0" not in route(cluster):
        yield f"kind-worker does not send to b straight out of eth0: {route(cluster)}"
    elif set(sizes(cluster, "kind-worker", "eth0")) != {98}:
        yield "the frame on the wire has not the 98 bytes that it has in the pod"
    yield from answers(cluster)


@hints(
    "The first line of tcpdump: source MAC > destination MAC.",
    "Compare it with the neighbour that `ip route` names for `default`.",
    'worker.tcpdump("eth0", "a", "b"): what stands after the first >.',
)
def check_4(cluster, sent_to):
    """Without a route to b's block the packet goes to the gateway."""
    if learnt(cluster):
        yield "kind-worker still has routes by BIRD to other nodes: the mesh is not off"
        return
    lines = between(cluster).splitlines()
    found = re.search(r"> ([0-9a-f:]{17}),", lines[0]) if lines else None
    if found is None:
        yield "no frame of the ping leaves kind-worker"
    elif sent_to.strip().lower() != found[1]:
        yield f"the ping for b does not leave to {sent_to}"


@hints(
    "Two resources: the Node gets a label and its cluster ID, the BGPPeer chooses both ends by selectors.",
    "nodeSelector: all() are the ones that peer, peerSelector the ones they peer with.",
    "peerSelector: route-reflector == 'true'; the Node labelled so, with the annotation RouteReflectorClusterID.",
)
def check_5(cluster):
    """kind-worker has learnt the way to b again, from BIRD, and b answers."""
    if len(learnt(cluster)) < len(cluster.nodes) - 1:
        yield f"kind-worker has not a route by BIRD to each of the other nodes: {'; '.join(learnt(cluster))}"
    yield from answers(cluster)


@hints(
    "Look at the card of kind-control-plane while a pings b.",
    "An empty listing has no lines.",
    'len(cluster.node("kind-control-plane").tcpdump("eth0", "a", "b").splitlines())',
)
def check_6(cluster, through):
    """That many frames pass the reflector."""
    seen = cluster.node("kind-control-plane").tcpdump("eth0", "a", "b").splitlines()
    if through != len(seen):
        yield f"kind-control-plane does not see {through} frames of a ping from a to b"
    yield from answers(cluster)
