"""What is looked at in lab 5."""

import re

from packetwalk.lab.check import answers, hints
from packetwalk.lab.check.seen import lost, silent

SLEEVE = 6783
PLAIN = (
    62  # bytes: outer IP 20, UDP 8, name 6, record 14, inner Ethernet 14; the outer Ethernet replaces none
)
NAMES = slice(42, 48), slice(48, 54), slice(54, 60)


def names(cluster):
    """Return the nodes by the names of their peers, which are the MACs of their bridges."""
    said = {node: cluster.node(node).run("ip -br link show weave").split() for node in cluster.nodes}
    return {words[2]: node for node, words in said.items() if len(words) > 2}


def frames(cluster):
    """Return pod a's first frame of a ping to b, and what the cards of the nodes send of sleeve after it."""
    seen = cluster.capture("a", "b").packet().frames
    inner = next((each.data for each in seen if each.netns == "a"), b"")
    nics = [
        each
        for each in seen
        if each.netns in cluster.nodes and each.dev == "eth0" and each.direction == "out"
    ]
    datagrams = [each for each in nics if each.data[23] == 17 and int.from_bytes(each.data[36:38]) == SLEEVE]
    return inner, [each for each in datagrams if len(each.data) >= len(inner) + PLAIN]


def cut(cluster):
    """Say that no link is cut, where none is."""
    return [] if cluster.broken == "link-cut" else ['no link is cut; cluster.fault("link-cut") cuts it']


def wall(cluster, near, far):
    """Say whether a node drops what another one sends."""
    return f"-s {cluster.address(far)}/32 -j DROP" in cluster.node(near).run("iptables -S INPUT")


@hints(
    "The line of tcpdump begins with source MAC > destination MAC.",
    "Compare it with `ip link` in pods, and with `ip link show weave` on the nodes.",
)
def check_1(cluster, owner: answers.place):
    """The frame is addressed to pod b itself, on another machine: nothing between them routes."""
    place = cluster.pod(owner) if owner in cluster.pods else cluster.node(owner)
    inner = frames(cluster)[0]
    if not inner:
        yield "pod a sends no frame"
    elif inner[:6].hex(":") not in place.run("ip link"):
        yield f"{owner} has no device with the MAC {inner[:6].hex(':')}"


@hints(
    "The three names come in this order: sender, source, destination.",
    "Run `ip -br link show weave` on each node and compare.",
)
def check_2(cluster, destination: answers.node):
    """The datagram names it as the peer that shall put the frame into its bridge."""
    inner, sent = frames(cluster)
    found = [each.data for each in sent if inner and inner in each.data]
    if not found:
        yield "no card sends a's frame in a sleeve datagram"
    elif names(cluster).get(found[0][NAMES[2]].hex(":")) != destination:
        yield f"the destination in the datagram is not the bridge of {destination}"


@hints(
    "The entry says `MAC dev DEVICE master weave`.",
    "It is the same device on all nodes but a2's own.",
)
def check_3(cluster, port: answers.device):
    """All that is on other nodes is behind that one port."""
    mac = (re.findall(r"link/ether (\S+)", cluster.pod("a2").run("ip link show eth0")) or ["no MAC"])[0]
    table = cluster.node("kind-control-plane").run("bridge fdb show br weave")
    found = re.search(rf"^{mac} dev (\S+) master", table, re.MULTILINE)
    if found is None:
        yield "the bridge of kind-control-plane does not know a2: let it ping somebody"
    elif found[1] != port:
        yield f"it is not behind {port} that kind-control-plane sees a2"


@hints(
    "It is neither the node of a nor that of b.",
    "Its card sees the frame twice: once in, once out, with another sender.",
)
def check_4a(cluster, relay: answers.node):
    """It sends a's frame on, with its own name as the sender and the same source and destination."""
    yield from cut(cluster)
    inner, sent = frames(cluster)
    legs = [each for each in sent if inner and inner in each.data]
    seen = [names(cluster).get(leg.data[NAMES[0]].hex(":")) for leg in legs]
    if len(legs) < 2:
        yield f"a's frame crosses a wire {len(legs)} times: is the link still cut, and have the routers noticed?"
    elif relay != seen[1]:
        yield f"{relay} does not send a's frame on"


@hints(
    "The nodes drop what the other one sends: the chain is INPUT.",
    "`iptables -S INPUT` on kind-worker and on kind-worker2: each has a rule with the other's address.",
)
def check_4b(cluster):
    """Nobody drops the other's packets any more, and b answers."""
    yield from cut(cluster)
    for near, far in (("kind-worker", "kind-worker2"), ("kind-worker2", "kind-worker")):
        if wall(cluster, near, far):
            yield f"{near} still drops what comes from {far}"
    yield from lost(cluster)
    yield from silent(cluster, [("a", "b"), ("b", "a")])


@hints(
    "tcpdump prints `UDP, length`. You saw that length in step 2, without a password.",
    "118 bytes then.",
)
def check_5(cluster, grown: answers.number):
    """A number of 8 bytes and a tag of 16 came in, and a's frame is nowhere to be read."""
    inner, sent = frames(cluster)
    if not sent:
        yield "no card sends a sleeve datagram"
        return
    if any(inner in each.data for each in sent):
        yield "a's frame can be read on the wire: there is no password"
    elif len(sent[0].data) - len(inner) - PLAIN != grown:
        yield f"the datagram has {len(sent[0].data) - 42} bytes after its UDP header: it has not grown by {grown}"
    yield from silent(cluster, [("a", "b"), ("b", "a")])
