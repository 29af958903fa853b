"""What is looked at in lab 2."""

from packetwalk.lab.check import answers, hints
from packetwalk.lab.check.seen import crosses, lost, mtu, silent

HEADERS = 28  # bytes of IP and ICMP before the data of a ping
TUNNEL = 50  # bytes that VXLAN puts before a packet
LARGE, SMALL = "mtu-mismatch", "underlay-mtu-1400"


def absent(cluster, fault):
    """Say that a step's fault is not in, where it is not."""
    return [] if cluster.broken == fault else [f'the fault of this step is not in; cluster.fault("{fault}") puts it in']


def full(cluster, src, dst):
    """Say whether the largest packet that a pod sends is not answered."""
    size = mtu(cluster.pod(src)) - HEADERS
    said = size >= 0 and cluster.pod(src).ping(dst, size=size, df=True).ok
    return [] if said else [f"a full-size packet of {src} ({size + HEADERS} bytes) gets no answer from {dst}"]


@hints(
    "ping says `message too long, mtu=...` when its own machine refuses.",
    "From the MTU take 20 bytes of IP and 8 of ICMP. Try that size with df=True, and then one byte more.",
)
def check_1(cluster, largest: answers.number):
    """That ping crosses, and one byte more does not."""
    yield from crosses(cluster, largest)


@hints(
    "ping prints whom a message came from: `From ADDRESS`.",
    "It is not b. It is the machine that should have put the packet into the tunnel: the line with `Frag needed`.",
)
def check_2(cluster, teller: answers.address):
    """It is cni0 of pod a's own node: the machine that found the tunnel too small."""
    yield from absent(cluster, LARGE)
    if f"inet {teller}/" not in cluster.node("kind-worker").run("ip addr show cni0"):
        yield f"{teller} is no address of cni0 on kind-worker, the gateway of pod a"


@hints(
    "Of the three devices, on which does the line with `length 1514` appear?",
    "The packet comes from the pod by the bridge, and should go on by the tunnel. Whose listing is not empty?",
)
def check_3(cluster, last: answers.device):
    """The packet comes in there and is refused before it reaches the tunnel."""
    yield from absent(cluster, LARGE)
    way = cluster.capture("a", "b", size=1472, df=True).packet().frames
    seen = [each.dev for each in way if each.netns == "kind-worker" and len(each.data) > 1472]
    if not seen:
        yield (
            "no device of kind-worker sees a large packet of pod a: the pod refuses it by itself, perhaps because it "
            "has been told of the path's MTU (`ip route flush cache` in the pod makes it forget)"
        )
    elif last != seen[-1]:
        yield f"{last} is not the last device of kind-worker that sees the large request; seen there: {', '.join(seen)}"


@hints(
    "Both pods send: the request is a's, the answer b's. Each must know the tunnel's MTU.",
    "`ip link set eth0 mtu BYTES`, in each of the two pods; flannel.1 has 1450.",
)
def check_4(cluster):
    """Full-size packets of both pods cross between them in one piece."""
    yield from absent(cluster, LARGE)
    worker = cluster.node("kind-worker")
    carries = mtu(worker) - TUNNEL
    if mtu(worker, "flannel.1") != carries:
        yield f"flannel.1 of kind-worker has an MTU of {mtu(worker, 'flannel.1')}; the nodes' network leaves it {carries}"
    for src, dst in (("a", "b"), ("b", "a")):
        size = mtu(cluster.pod(src))
        if size != carries:
            why = "what it sends does not fit" if size > carries else "what it sends is smaller than it need be"
            yield f"eth0 of pod {src} has an MTU of {size}, the tunnel carries {carries}: {why}"
        yield from full(cluster, src, dst)
    yield from lost(cluster)


@hints(
    "The Backend takes an MTU. It is the one of the network between the nodes, not of the pods.",
    'The Backend: {"Type": "vxlan", "MTU": ...}, with what the nodes\' cards carry.',
)
def check_5(cluster):
    """A full-size packet of pod a is one frame on the wire, and is answered."""
    yield from absent(cluster, SMALL)
    card, size = mtu(cluster.node("kind-worker")), mtu(cluster.pod("a"))
    if card != 1400:
        yield f"the cards of the nodes have an MTU of {card}, not of 1400: that fault belongs to this step"
    if size != card - TUNNEL:
        yield f"pod a has an MTU of {size}; a card of {card} leaves {card - TUNNEL} beside the tunnel's {TUNNEL} bytes"
    frames = cluster.capture("a", "b", size=max(size - HEADERS, 0), df=True).packet().frames
    out = [f for f in frames if (f.netns, f.dev, f.direction) == ("kind-worker", "eth0", "out")]
    if len(out) != 1:
        yield f"for a full-size packet of pod a ({size} bytes) kind-worker sends {len(out)} frames"
    yield from full(cluster, "a", "b")
    yield from silent(cluster, [("a", "internet")])
