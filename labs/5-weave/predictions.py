"""What lab 5 asks before it shows it."""

from packetwalk import walk
from packetwalk.widgets.questions import choice, end, number, passes, see

NODES = "kind-control-plane", "kind-worker", "kind-worker2"
PING = walk("weave", "sleeve", "cross-node")


def predict_1():
    """One segment."""
    leaves, back = see(PING, "egress", "a"), see(PING, "egress", "b", trace="reply")
    own, to = back.field("eth.src"), leaves.field("eth.dst")
    answer = end(PING, "reply")
    return choice(
        "To whose MAC is the frame addressed?",
        {"pod b’s": to == own, "that of a gateway on kind-worker": to != own},
        leaves,
    ), number("TTL of b’s answer:", answer.ttl, answer)


def predict_2():
    """What a datagram needs."""
    wire = see(PING, "egress", "kind-worker", "eth0")
    least = sum(header.size for header in wire.step.after[:3])
    return number("Bytes of Ethernet, IP and UDP before it:", least, wire, "bytes"), number(
        "Bytes by which the frame on the wire is longer in truth:",
        wire.size - see(PING, "egress", "a").size,
        wire,
        "bytes",
    )


def predict_3():
    """Whoever sees an ARP request learns."""
    near = walk("weave", "sleeve", src="a2", dst="a", cold=True)
    asked = {node: passes(near, "fdb", node, "weave", trace=None) for node in NODES}
    far = see(near, "fdb", "kind-worker2", "weave", trace=None)
    return choice(
        "Whose bridges know a2 afterwards?", {node: times > 0 for node, times in asked.items()}, far
    )


def predict_4():
    """A relay."""
    way = walk("weave", "sleeve", "relay")
    one, two = (see(way, "egress", node, "eth0") for node in ("kind-worker", "kind-control-plane"))
    answer = end(way, "reply")
    legs = {
        "the outer addresses": one.outer_ip.src != two.outer_ip.src and one.outer_ip.dst != two.outer_ip.dst,
        "the sender’s name": one.field("sleeve.sender") != two.field("sleeve.sender"),
        "the frame inside": (one.ip, one.field("eth.dst")) != (two.ip, two.field("eth.dst")),
    }
    return number("TTL of b’s answer, by way of a third:", answer.ttl, answer), choice(
        "What changes on the second leg?", legs, two
    )


def predict_5():
    """What a password hides."""
    wire = see(walk("weave", "sleeve-encrypted", "cross-node"), "egress", "kind-worker", "eth0")
    open_, sealed = see(PING, "egress", "kind-worker", "eth0").protos, wire.protos
    hidden = {proto for proto in open_ if open_.count(proto) > sealed.count(proto)}
    return choice(
        "What can a listener still tell?",
        {
            "which two nodes talk": "ip" in sealed,
            "which peers are source and destination": "sleeve-frame" not in hidden,
            "which pods": "ip" not in hidden,
            "how many bytes": wire.size > 0,
        },
        wire,
    )
