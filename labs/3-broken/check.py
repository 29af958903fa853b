"""What is looked at in lab 3. Do not read on if you are to find out what is broken."""

import re

from packetwalk.lab.check import hints

PATIENTS = ("missing-route", "udp-8472-blocked", "ip-forward-off", "vtep-mac-mismatch")
TUNNEL = "flannel.1"


def lines(cluster, node, command):
    """Return the lines that a command prints on a node."""
    return cluster.node(node).run(command).splitlines()


def own_mac(cluster, node):
    """Return the MAC of a node's tunnel device."""
    return cluster.node(node).run(f"ip -br link show {TUNNEL}").split()[2]


def neighbours(cluster, node):
    """Return the MACs that a node knows on its tunnel device, by address."""
    table = "\n".join(lines(cluster, node, f"ip neigh show dev {TUNNEL}"))
    return dict(re.findall(r"^(\S+) lladdr (\S+)", table, re.MULTILINE))


def hops(cluster, node):
    """Return the next hops of a node's routes through the tunnel."""
    return re.findall(rf"via (\S+) dev {TUNNEL}", cluster.node(node).run("ip route"))


def route(cluster, node):
    """Say whether a packet for a or b would leave this node unwrapped."""
    ways = [cluster.node(node).run(f"ip route get {cluster.address(pod)}") for pod in ("a", "b")]
    return any("dev eth0" in way for way in ways)


def neighbour(cluster, node):
    """Say whether a next hop of this node has no MAC."""
    return not set(hops(cluster, node)) <= set(neighbours(cluster, node))


def forwarding(cluster, node):
    """Say whether a neighbour's MAC has no entry that says behind which node it is."""
    table = cluster.node(node).run(f"bridge fdb show dev {TUNNEL}")
    return any(mac not in table for mac in neighbours(cluster, node).values())


def firewall(cluster, node):
    """Say whether a rule in one of the chains that every packet meets drops some."""
    rules = [
        rule
        for chain in ("INPUT", "FORWARD", "OUTPUT")
        for rule in lines(cluster, node, f"iptables -S {chain}")
    ]
    return any(re.search(r"-j (DROP|REJECT)\b", rule) for rule in rules)


def setting(cluster, node):
    """Say whether this node does not forward packets."""
    return cluster.node(node).run("sysctl -n net.ipv4.ip_forward").strip() == "0"


def mac(cluster, node):
    """Say whether this node's tunnel has another MAC than the nodes that know it think."""
    address = cluster.node(node).run(f"ip -br addr show {TUNNEL}").split()[2].split("/")[0]
    known = {neighbours(cluster, other).get(address) for other in cluster.nodes if other != node} - {None}
    return bool(known) and own_mac(cluster, node) not in known


def mtu(cluster, node):
    """Say whether the tunnel's packets are too long for this node's card."""
    sizes = [
        int(re.search(r"mtu (\d+)", cluster.node(node).run(f"ip link show {dev}"))[1])
        for dev in (TUNNEL, "eth0")
    ]
    return sizes[0] + 50 > sizes[1]


CAUSES = {each.__name__: each for each in (route, neighbour, forwarding, firewall, setting, mac, mtu)}


def found(cluster, diagnosis):
    """Say what speaks against a diagnosis: that this place is in order."""
    node, cause = diagnosis
    if cause not in CAUSES:
        yield f"{cause!r} is none of {', '.join(CAUSES)}"
    elif not CAUSES[cause](cluster, node):
        yield f"looked at {cause} on {node}: nothing is wrong there"


def well(cluster):
    """Say who still gets no answer."""
    pairs = [("a", "b"), ("b", "a"), ("a2", "b2"), ("a", "internet"), ("b", "internet")]
    places = [(cluster.pod(src), dst) for src, dst in pairs]
    for place, dst in [*places, *((cluster.node(node), dst) for node in cluster.nodes for dst in ("a", "b"))]:
        if not place.ping(dst).ok:
            yield f"{place.name} gets no answer from {dst}"


@hints(
    "trail() prints lengths. In the pod, and on the bridge, the frame has 98 bytes.",
    "Count the devices with another number: the wire between the nodes has two ends.",
    "Both cards, eth0, carry the frame inside another packet.",
)
def check_0(cluster, wrapped):
    """Only the cards see the outer packet; before and behind them it is the pod's own frame."""
    frames = cluster.capture("a", "b").packet().frames
    sizes = {(f.netns, f.dev): len(f.data) for f in frames if f.netns in cluster.nodes}
    pod = next(len(f.data) for f in frames if f.netns == "a")
    if wrapped != len([size for size in sizes.values() if size > pod]):
        yield f"it is not on {wrapped} devices that the frame is longer"


@hints(
    "The request leaves kind-worker by eth0 with its 98 bytes: nobody has wrapped it.",
    "Which line of `ip route` on kind-worker fits b's address? Compare with the range of the third node.",
    '("kind-worker", "route")',
)
def check_1a(cluster, diagnosis):
    """That node has no route to b's range, and sends its packets to the gateway, unwrapped."""
    yield from found(cluster, diagnosis)


@hints(
    "The line for the third node is still there: only the numbers differ.",
    "`ip route add RANGE via ADDRESS dev flannel.1 onlink`, the address being kind-worker2's own on flannel.1.",
    'worker.run("ip route add 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink")',
)
def check_1b(cluster):
    """All pods and nodes reach each other again."""
    yield from well(cluster)


@hints(
    "The last device that sees the request is the card of kind-worker2, the next would be its tunnel.",
    "A packet for the machine itself passes the chain INPUT.",
    '("kind-worker2", "firewall")',
)
def check_2a(cluster, diagnosis):
    """A rule in INPUT of that node drops the outer packet before the tunnel gets it."""
    yield from found(cluster, diagnosis)


@hints(
    "A rule is deleted by the words that `iptables -S INPUT` prints for it.",
    "`iptables -D INPUT ...`, with the rule's words after -A INPUT.",
    'worker2.run("iptables -D INPUT -p udp -m udp --dport 8472 -j DROP")',
)
def check_2b(cluster):
    """The rule is gone, and all pods and nodes reach each other again."""
    if firewall(cluster, "kind-worker2"):
        yield "kind-worker2 still has a rule that drops packets"
    if not cluster.node("kind-worker2").run("iptables -S").count("FLANNEL-FWD"):
        yield "kind-worker2 has lost Flannel's own rules"
    yield from well(cluster)


@hints(
    "The bridge of kind-worker sees the request, nothing after it does.",
    "All that fails has to be forwarded by kind-worker. Who decides whether a machine forwards at all?",
    '("kind-worker", "setting")',
)
def check_3a(cluster, diagnosis):
    """net.ipv4.ip_forward is 0 there: the machine is no router."""
    yield from found(cluster, diagnosis)


@hints(
    "sysctl reads a setting and, with -w, writes it.",
    "`sysctl -w NAME=VALUE` on kind-worker.",
    'worker.run("sysctl -w net.ipv4.ip_forward=1")',
)
def check_3b(cluster):
    """kind-worker forwards again, and all pods and nodes reach each other."""
    if setting(cluster, "kind-worker"):
        yield "kind-worker still does not forward"
    yield from well(cluster)


@hints(
    "flannel.1 of kind-worker2 sees the request, unwrapped, and its bridge does not.",
    "Look at the destination MAC in what tcpdump prints there, and at the device's own: `ip -br link show flannel.1`.",
    '("kind-worker2", "mac")',
)
def check_4a(cluster, diagnosis):
    """flannel.1 has another MAC there than all the others write into their frames."""
    yield from found(cluster, diagnosis)


@hints(
    "After the MAC is right, trail() shows how far the answer comes. On kind-worker2: ip neigh show dev flannel.1.",
    "It has lost its neighbours. Each other node's flannel.1 has an address and a MAC: two entries are missing.",
    "On kind-worker2: ip neigh replace 10.244.1.0 lladdr MAC dev flannel.1 nud permanent, and so for 10.244.0.0.",
)
def check_4b(cluster):
    """The MACs agree, kind-worker2 knows its neighbours, and all pods and nodes reach each other."""
    if mac(cluster, "kind-worker2"):
        yield "flannel.1 of kind-worker2 has another MAC than the others know"
    if neighbour(cluster, "kind-worker2"):
        yield "kind-worker2 has a route to a next hop whose MAC it does not know"
    yield from well(cluster)
