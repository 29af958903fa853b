"""What is looked at in lab 2."""

import re

from packetwalk.lab.check import hints

HEADERS = 28  # bytes of IP and ICMP before the data of a ping


def mtu(place):
    """Return the MTU of a pod's eth0 in bytes."""
    found = re.search(r"mtu (\d+)", place.run("ip link show eth0"))
    return int(found[1]) if found else 0


@hints(
    "ping says `message too long, mtu=...` when its own machine refuses.",
    "From the MTU take 20 bytes of IP and 8 of ICMP.",
    'cluster.pod("a").ping("b", size=1422, df=True), and then one byte more.',
)
def check_1(cluster, largest):
    """That ping crosses, and one byte more does not."""
    pod = cluster.pod("a")
    if not pod.ping("b", size=largest, df=True).ok:
        yield f"a ping of {largest} bytes does not cross in one piece"
    elif pod.ping("b", size=largest + 1, df=True).ok:
        yield f"a ping of {largest + 1} bytes crosses as well"


@hints(
    "ping prints whom a message came from: `From ADDRESS`.",
    "It is not b. It is the machine that should have put the packet into the tunnel.",
    "The address in the line with `Frag needed`.",
)
def check_2(cluster, teller):
    """It is cni0 of pod a's own node: the machine that found the tunnel too small."""
    if teller not in cluster.node("kind-worker").run("ip addr show cni0"):
        yield f"{teller} is no address of cni0 on kind-worker, the gateway of pod a"


@hints(
    "Of the three devices, on which does the line with `length 1514` appear?",
    "The packet comes from the pod by the bridge, and should go on by the tunnel.",
    "The device whose listing is not empty.",
)
def check_3(cluster, last):
    """The packet comes in there and is refused before it reaches the tunnel."""
    way = cluster.capture("a", "b", size=1472, df=True).packet().frames
    seen = [each.dev for each in way if each.netns == "kind-worker" and len(each.data) > 1472]
    if not seen:
        yield "no device of kind-worker sees a large packet of pod a any more"
    elif last != seen[-1]:
        yield f"the large request is not last seen on {last}"


@hints(
    "Both pods send: the request is a's, the answer b's. Each must know the tunnel's MTU.",
    "`ip link set eth0 mtu BYTES`, in each of the two pods; flannel.1 has 1450.",
    'cluster.pod("a").run("ip link set eth0 mtu 1450"), and the same in b.',
)
def check_4(cluster):
    """Full-size packets of both pods cross between them in one piece."""
    for src, dst in (("a", "b"), ("b", "a")):
        size = mtu(cluster.pod(src)) - HEADERS
        if not cluster.pod(src).ping(dst, size=size, df=True).ok:
            yield f"a full-size packet of {src} ({size + HEADERS} bytes) does not reach {dst}"


@hints(
    "The Backend takes an MTU. It is the one of the network between the nodes, not of the pods.",
    'The Backend: {"Type": "vxlan", "MTU": ...}, with what the nodes\' cards carry.',
    '"Backend": {"Type": "vxlan", "MTU": 1400}',
)
def check_5(cluster):
    """A full-size packet of pod a is one frame on the wire, and is answered."""
    nic = re.search(r"mtu (\d+)", cluster.node("kind-worker").run("ip link show eth0"))
    if nic is None or int(nic[1]) != 1400:
        yield "the cards of the nodes do not have an MTU of 1400: that fault belongs to this step"
    size = mtu(cluster.pod("a")) - HEADERS
    frames = cluster.capture("a", "b", size=size, df=True).packet().frames
    out = [f for f in frames if (f.netns, f.dev, f.direction) == ("kind-worker", "eth0", "out")]
    if len(out) != 1:
        yield f"for a full-size packet of pod a ({size + HEADERS} bytes) kind-worker sends {len(out)} frames"
    if not cluster.pod("a").ping("b", size=size, df=True).ok:
        yield f"a full-size packet of pod a ({size + HEADERS} bytes) is not answered"
