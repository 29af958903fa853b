"""What is looked at in lab 3. Do not read on if you are to find out what is broken."""

import re

from packetwalk.lab.check import answers, hints
from packetwalk.lab.check import seen as look

PATIENTS = ("missing-route", "udp-8472-blocked", "ip-forward-off", "vtep-mac-mismatch")
TUNNEL = "flannel.1"


def lines(cluster, node, command):
    """Return the lines that a command prints on a node."""
    return cluster.node(node).run(command).splitlines()


def own_mac(cluster, node):
    """Return the MAC of a node's tunnel device."""
    words = cluster.node(node).run(f"ip -br link show {TUNNEL}").split()
    return words[2] if len(words) > 2 else ""


def own_address(cluster, node):
    """Return the address of a node's tunnel device."""
    words = cluster.node(node).run(f"ip -br addr show {TUNNEL}").split()
    return words[2].split("/")[0] if len(words) > 2 else ""


def ranges(cluster, node):
    """Return, as text, the ranges that a node sends to kind-worker2 through the tunnel."""
    far = re.escape(own_address(cluster, "kind-worker2"))
    return " and ".join(re.findall(rf"^(\S+) via {far} dev {TUNNEL}", cluster.node(node).run("ip route"), re.M))


def neighbours(cluster, node):
    """Return the MACs that a node knows on its tunnel device, by address."""
    table = "\n".join(lines(cluster, node, f"ip neigh show dev {TUNNEL}"))
    return dict(re.findall(r"^(\S+) .*?lladdr (\S+)", table, re.MULTILINE))


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
    address = own_address(cluster, node)
    known = {neighbours(cluster, other).get(address) for other in cluster.nodes if other != node} - {None}
    return bool(known) and own_mac(cluster, node) not in known


def mtu(cluster, node):
    """Say whether the tunnel's packets are too long for this node's card."""
    tunnel, card = (look.mtu(cluster.node(node), dev) for dev in (TUNNEL, "eth0"))
    return tunnel + 50 > card


CAUSES = {each.__name__: each for each in (route, neighbour, forwarding, firewall, setting, mac, mtu)}


def ill(cluster, number):
    """Say that a patient is not in, where another one is or none."""
    return [] if cluster.broken == PATIENTS[number - 1] else [f"patient {number} is not in; patient({number}) brings it"]


def found(cluster, diagnosis, number):
    """Say what speaks against a diagnosis: that this place is in order."""
    node, cause = diagnosis
    if cause not in CAUSES:
        yield f"{cause or 'no cause'} is none of {', '.join(CAUSES)}"
    elif absent := ill(cluster, number):
        yield from absent
    elif not CAUSES[cause](cluster, node):
        yield f"looked at {cause} on {node}: nothing is wrong there"


def well(cluster, number):
    """Say who still gets no answer, and what was taken away that was not ill."""
    absent = ill(cluster, number)
    if absent:
        yield from absent
        return
    pairs = [("a", "b"), ("b", "a"), ("a2", "b2"), ("a", "internet"), ("b", "internet")]
    yield from look.silent(cluster, [*pairs, *((node, dst) for node in cluster.nodes for dst in ("a", "b"))])
    yield from look.lost(cluster)


@hints(
    "trail() prints lengths. In the pod, and on the bridge, the frame has 98 bytes.",
    "Count the devices with another number: the wire between the nodes has two ends.",
)
def check_0(cluster, wrapped: answers.number):
    """Only the cards see the outer packet; before and behind them it is the pod's own frame."""
    frames = cluster.capture("a", "b").packet().frames
    sizes = {(f.netns, f.dev): len(f.data) for f in frames if f.netns in cluster.nodes}
    pod = next(len(f.data) for f in frames if f.netns == "a")
    if wrapped != len([size for size in sizes.values() if size > pod]):
        yield f"it is not on {wrapped} devices that the frame is longer"


@hints(
    "The request leaves kind-worker by eth0 with its 98 bytes: nobody has wrapped it.",
    "Which line of `ip route` on kind-worker fits b's address? Compare with the range of the third node.",
)
def check_1a(cluster, diagnosis: answers.diagnosis):
    """That node has no route to b's range, and sends its packets to the gateway, unwrapped."""
    yield from found(cluster, diagnosis, 1)


@hints(
    "The line for the third node is still there: only the numbers differ.",
    "`ip route add RANGE via ADDRESS dev flannel.1 onlink`, the address being kind-worker2's own on flannel.1.",
)
def check_1b(cluster):
    """All pods and nodes reach each other again, by the route that the third node has too."""
    if route(cluster, "kind-worker"):
        yield "kind-worker still sends packets for b out of eth0, unwrapped"
    else:
        mine, theirs = ranges(cluster, "kind-worker"), ranges(cluster, "kind-control-plane")
        if mine != theirs:
            yield f"by kind-worker2's tunnel kind-worker sends {mine or 'nothing'}; the third node sends {theirs}"
    yield from well(cluster, 1)


@hints(
    "The last device that sees the request is the card of kind-worker2, the next would be its tunnel.",
    "A packet for the machine itself passes the chain INPUT.",
)
def check_2a(cluster, diagnosis: answers.diagnosis):
    """A rule in INPUT of that node drops the outer packet before the tunnel gets it."""
    yield from found(cluster, diagnosis, 2)


@hints(
    "A rule is deleted by the words that `iptables -S INPUT` prints for it.",
    "`iptables -D INPUT ...`, with the rule's words after -A INPUT.",
)
def check_2b(cluster):
    """The rule is gone, and all pods and nodes reach each other again."""
    if firewall(cluster, "kind-worker2"):
        yield "kind-worker2 still has a rule that drops packets"
    yield from well(cluster, 2)


@hints(
    "The bridge of kind-worker sees the request, nothing after it does.",
    "All that fails has to be forwarded by kind-worker. Who decides whether a machine forwards at all?",
)
def check_3a(cluster, diagnosis: answers.diagnosis):
    """net.ipv4.ip_forward is 0 there: the machine is no router."""
    yield from found(cluster, diagnosis, 3)


@hints(
    "sysctl reads a setting and, with -w, writes it.",
    "`sysctl -w NAME=VALUE` on kind-worker.",
)
def check_3b(cluster):
    """kind-worker forwards again, and all pods and nodes reach each other."""
    if setting(cluster, "kind-worker"):
        yield "kind-worker still does not forward"
    yield from well(cluster, 3)


@hints(
    "flannel.1 of kind-worker2 sees the request, unwrapped, and its bridge does not.",
    "Look at the destination MAC in what tcpdump prints there, and at the device's own: `ip -br link show flannel.1`.",
)
def check_4a(cluster, diagnosis: answers.diagnosis):
    """flannel.1 has another MAC there than all the others write into their frames."""
    yield from found(cluster, diagnosis, 4)


@hints(
    "After the MAC is right, trail() shows how far the answer comes. On kind-worker2: ip neigh show dev flannel.1.",
    "It has lost its neighbours. Each other node's flannel.1 has an address and a MAC: two entries are missing.",
)
def check_4b(cluster):
    """The MACs agree, kind-worker2 knows its neighbours, and all pods and nodes reach each other."""
    if mac(cluster, "kind-worker2"):
        yield "flannel.1 of kind-worker2 has another MAC than the others know"
    if neighbour(cluster, "kind-worker2"):
        yield "kind-worker2 has a route to a next hop whose MAC it does not know"
    yield from well(cluster, 4)
