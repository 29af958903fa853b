"""What lab 3 asks before it shows it."""

from packetwalk import lab, walk
from packetwalk.widgets.questions import choice, end, number, passes, place, see

WHOLE = walk("flannel", "vxlan", "cross-node")
WAY = [(node, dev) for node in ("kind-worker", "kind-worker2") for dev in ("cni0", "flannel.1", "eth0")]


def tapped(way, node, dev):
    """Return the first step in which a device of the way sees the request, or None."""
    for event in ("egress", "ingress"):
        if passes(way, event, node, dev):
            return see(way, event, node, dev)
    return None


def sick(fault, scenario="cross-node"):
    """Return a walk through a cluster with a fault, by the packet of the healthy one."""
    return walk("flannel", "vxlan", scenario, fault=fault, size=56, df=False)


def predict_0():
    """The healthy way."""
    sizes = [tapped(WHOLE, *each).size for each in WAY]
    return number(
        "Devices on which it is longer:", sum(size > min(sizes) for size in sizes), see(WHOLE, "encap")
    )


def predict_1():
    """No route."""
    lost = sick("missing-route")
    last = [dev for node, dev in WAY if node == "kind-worker" and tapped(lost, node, dev)][-1]
    nodes = {node: any(step.netns == node for step in lost.steps) for node in ("kind-worker", "kind-worker2")}
    return choice("Which of the two nodes sees the packet at all?", nodes, end(lost)), choice(
        "The last device of kind-worker that sees it:",
        {dev: dev == last for dev in ("cni0", "flannel.1", "eth0")},
        see(lost, "route", "kind-worker"),
    )


def predict_2():
    """A firewall at the receiver."""
    lost = sick("udp-8472-blocked")
    seen = [f"{dev} of {node}" for node, dev in (*WAY[:3], *WAY[:2:-1]) if tapped(lost, node, dev)]
    names = [f"{dev} of {node}" for node, dev in (*WAY[:3], *WAY[:2:-1])]
    return choice(
        "On whose node does it end?",
        {
            "the sender’s": end(lost).step.netns == "kind-worker",
            "the receiver’s": end(lost).step.netns == "kind-worker2",
        },
        end(lost),
    ), choice("The last device that sees the request:", {name: name == seen[-1] for name in names}, end(lost))


def predict_3():
    """A machine that is no router any more."""
    tried = {
        name: sick("ip-forward-off", name) for name in ("same-node", "cross-node", "internet", "node-to-pod")
    }
    well = {name: walk("flannel", "vxlan", name) for name in tried}
    fails = [name for name, each in tried.items() if each.disposition != "delivered"]

    def common(event, dev=None):
        has = {name: passes(each, event, "kind-worker", dev) > 0 for name, each in well.items()}
        return all(has[name] == (name in fails) for name in has)

    return choice(
        "What have those that fail in common, and no other?",
        {
            "kind-worker forwards them": common("forward"),
            "they go through flannel.1": common("egress", "flannel.1"),
            "they leave by eth0": common("egress", "eth0"),
        },
        end(tried["internet"]),
    )


def predict_4():
    """A frame for somebody else."""
    lost = sick("vtep-mac-mismatch")
    inner = see(lost, "decap", "kind-worker2")
    return place("Where does the request end?", lost, WHOLE), choice(
        "What is not true of the unwrapped frame?",
        {
            "Its destination MAC is the device’s.": "is for" in end(lost).step.why,
            "Its destination address is b’s.": inner.ip.dst != end(WHOLE).ip.dst,
            "Its TTL is above 0.": inner.ttl < 1,
        },
        end(lost),
    )


def predict_4b():
    """What goes with a device's MAC."""
    cluster = lab.open("flannel", "vxlan", ground="model")
    cluster.fault("vtep-mac-mismatch")
    node = cluster.node("kind-worker2")
    mac = see(WHOLE, "encap").field("eth.dst")
    node.run(f"ip link set dev flannel.1 address {mac}")
    answers = cluster.pod("a").ping("b").ok
    return choice(
        "Will b answer a then?", {"yes": answers, "no": not answers}, end(cluster.way("a", "b"), "reply")
    )
