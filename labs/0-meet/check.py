"""What is looked at in lab 0."""

import re

from packetwalk.lab.check import hints


@hints(
    "A node delivers to its own pods by the bridge cni0; to all others it sends by another device.",
    "Run `ip route` on every node. On which one does the line that fits b's address say `dev cni0`?",
    'Compare: cluster.node("kind-worker2").run("ip route")',
)
def check_1(cluster, home):
    """Pod b lives there: that node delivers to it by cni0."""
    address = cluster.address("b")
    way = cluster.node(home).run(f"ip route get {address}")
    if "dev cni0" not in way:
        yield f"{home} sends packets for {address} on: {way.splitlines()[0].strip()}"


@hints(
    "In the pod, the number after eth0@if is the number of a device on the node.",
    "Run `ip link` on kind-worker. Whose line begins with that number?",
    'cluster.node("kind-worker").run("ip link") and look for the number after `eth0@if` in pod a.',
)
def check_2(cluster, cable):
    """That device of kind-worker is the other end of a's eth0."""
    link = cluster.node("kind-worker").run(f"ip link show {cable}")
    if not link.ok:
        yield f"kind-worker has no device {cable}: {link.strip()}"
        return
    wanted = re.search(r"@if(\d+)", cluster.pod("a").run("ip link show eth0"))
    if wanted and link.split(":")[0] != wanted[1]:
        yield f"{cable} is device {link.split(':')[0]} of kind-worker; a's eth0 names device {wanted[1]}"


@hints(
    "Every machine that forwards the packet takes one off its TTL, which begins at 64.",
    "In the output of ping from a to b, look for ttl=.",
    "64 less the ttl that ping prints.",
)
def check_3(cluster, forwarded):
    """Both nodes forward a packet between pods of different nodes; between a and a2 nobody does."""
    ttl = re.search(r"ttl=(\d+)", cluster.pod("a").ping("b"))
    if ttl is None:
        yield "b does not answer a's ping"
    elif forwarded != 64 - int(ttl[1]):
        yield f"the answer from b arrives with a TTL of {ttl[1]}, so it is not {forwarded}"


@hints(
    "Compare the two lengths that tcpdump prints behind the type of the frame.",
    "In the pod the frame has 98 bytes: 14 Ethernet, 20 IP, 8 ICMP, 56 data.",
    "The length on the wire less 98.",
)
def check_4(cluster, grown):
    """The outer Ethernet, IP, UDP and VXLAN headers have 14 + 20 + 8 + 8 bytes."""
    frames = cluster.capture("a", "b").packet().frames
    pod = next(len(each.data) for each in frames if each.netns == "a")
    wire = next(len(each.data) for each in frames if (each.netns, each.dev) == ("kind-worker", "eth0"))
    if grown != wire - pod:
        yield f"{pod} bytes in the pod, {wire} on the wire: that is not {grown} more"


@hints(
    "`ip route` in the pod shows what is left. A packet to a host outside fits none of these lines.",
    "A pod's default route leads to the address of its node's cni0, the gateway of the route that is left.",
    'cluster.pod("a").run("ip route add default via 10.244.1.1")',
)
def check_5(cluster):
    """Pod a reaches the host on the internet, b and a2."""
    for name in ("internet", "b", "a2"):
        answer = cluster.pod("a").ping(name)
        if not answer.ok:
            yield f"a gets no answer from {name}: {answer.splitlines()[-1]}"
