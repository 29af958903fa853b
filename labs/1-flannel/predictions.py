"""What lab 1 asks before it shows it."""

from packetwalk import walk
from packetwalk.widgets.questions import choice, end, number, passes, see

DEVICES = "cni0", "flannel.1", "eth0"


def predict_2():
    """VXLAN's two flows."""
    ping = walk("flannel", "vxlan", "cross-node")
    there = see(ping, "egress", "kind-worker", "eth0")
    back = see(ping, "egress", "kind-worker2", "eth0", trace="reply")
    port = back.field("udp.dstport", outer=True)
    return choice(
        "To which port of kind-worker does the answer go?",
        {
            "to 8472 as well": port == there.field("udp.dstport", outer=True),
            "to the port that the request came from": port == there.field("udp.srcport", outer=True),
        },
        back,
    )


def predict_3():
    """A lost entry of the FDB."""
    lost = walk("flannel", "vxlan", "cross-node", fault="missing-fdb")
    return choice(
        "The last device of kind-worker that sees it:",
        {dev: end(lost).step.dev == dev for dev in DEVICES},
        end(lost),
    ), choice(
        "Does a get an error?",
        {
            "yes": passes(lost, "deliver", "a", trace=None) > 0,
            "no": not passes(lost, "deliver", "a", trace=None),
        },
        end(lost),
    )


def predict_4():
    """host-gw's route and frame."""
    plain, wrapped = (
        see(walk("flannel", mode, "cross-node"), "route", "kind-worker") for mode in ("host-gw", "vxlan")
    )
    wire = see(plain.walk, "egress", "kind-worker", "eth0")
    way = plain.line.split()
    return choice(
        "What does the route say?",
        {
            "the other node’s address, by eth0": "via 172.18.0.4" in plain.line and "eth0" in way,
            "an address of the pods’ network, by flannel.1": plain.line == wrapped.line,
            "no next hop: the range is on the link": "via" not in way,
        },
        plain,
    ), number("Bytes of the frame between the nodes:", wire.size, wire, "bytes")
