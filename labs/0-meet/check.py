"""What is looked at in lab 0."""

import re

from packetwalk.lab.check import answers, hints
from packetwalk.lab.check.seen import begun, first, lost, silent


@hints(
    "A node delivers to its own pods by the bridge cni0; to all others it sends by another device.",
    "Run `ip route` on every node. On which one does the line that fits b's address say `dev cni0`?",
)
def check_1(cluster, home: answers.node):
    """Pod b lives there: that node delivers to it by cni0."""
    address = cluster.address("b")
    way = cluster.node(home).run(f"ip route get {address}")
    if "dev cni0" not in way:
        yield f"{home} sends packets for {address} by this line: “{first(way)}”"


@hints(
    "In the pod, the number after eth0@if is the number of a device on the node.",
    "Run `ip link` on kind-worker. Whose line begins with that number?",
)
def check_2(cluster, cable: answers.device):
    """That device of kind-worker is the other end of a's eth0."""
    link = cluster.node("kind-worker").run(f"ip link show {cable}")
    if not link.ok:
        yield f"kind-worker has no device {cable}"
        return
    wanted = re.search(r"@if(\d+)", cluster.pod("a").run("ip link show eth0"))
    number = link.split(":")[0].strip()
    if wanted is None:
        yield "pod a has no eth0 any more"
    elif number != wanted[1]:
        yield f"{cable} is device {number} of kind-worker; a's eth0 names device {wanted[1]}"


@hints(
    "Every machine that forwards the packet takes one off its TTL, which begins at 64.",
    "In the output of ping from a to b, look for ttl=, and take it from 64.",
)
def check_3(cluster, forwarded: answers.number):
    """Both nodes forward a packet between pods of different nodes; between a and a2 nobody does."""
    ttl = re.search(r"ttl=(\d+)", cluster.pod("a").ping("b"))
    if ttl is None:
        yield "b does not answer a's ping"
    elif forwarded != 64 - int(ttl[1]):
        yield f"the answer from b arrives with a TTL of {ttl[1]}, so it is not {forwarded}"


@hints(
    "Compare the two lengths that tcpdump prints behind the type of the frame.",
    "In the pod the frame has 98 bytes: 14 Ethernet, 20 IP, 8 ICMP, 56 data. Take them from the length on the wire.",
)
def check_4(cluster, grown: answers.number):
    """The outer Ethernet, IP, UDP and VXLAN headers have 14 + 20 + 8 + 8 bytes."""
    frames = cluster.capture("a", "b").packet().frames
    pod = [len(each.data) for each in frames if each.netns == "a"]
    wire = [len(each.data) for each in frames if (each.netns, each.dev) == ("kind-worker", "eth0")]
    if not pod or not wire:
        yield "a's ping does not reach the wire between the nodes"
    elif grown != wire[0] - pod[0]:
        yield f"the frame has {pod[0]} bytes in the pod and {wire[0]} on the wire: not {grown} more"


@hints(
    "`ip route` in the pod shows what is left. A packet to a host outside fits none of these lines.",
    "A pod's default route leads to the address of its node's cni0, the gateway of the route that is left.",
)
def check_5(cluster):
    """Pod a reaches the host on the internet, b and a2."""
    if not begun(cluster, "a", r"ip (-4 )?r\w* (del|delete|flush) "):
        yield "the default route of pod a is still the one of the beginning: take it away first, in the cell above"
    routes = cluster.pod("a").run("ip route").splitlines()
    if not any(line.startswith("default") for line in routes):
        yield "pod a has no default route"
    if not any(" via " in line and not line.startswith("default") for line in routes):
        yield "pod a has lost the route that Flannel's CNI plugin gave it beside the default route"
    yield from silent(cluster, [("a", name) for name in ("internet", "b", "a2")])
    yield from lost(cluster)
