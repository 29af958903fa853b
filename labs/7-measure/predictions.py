"""What lab 7 asks before it shows it."""

from packetwalk import walk
from packetwalk.cni import plugin
from packetwalk.widgets.questions import choice, see

CABLE, HEADERS, STAMPS = 24, 40, 12
PACKETS = {name: {"proto": "udp", "size": 100} for name in ("vxlan", "host-gw")}


def full(mode):
    """Return a full-size packet as it leaves kind-worker's card, and the payload that TCP would have in it."""
    fits = plugin("flannel").mode(mode).fits(1500)
    wire = see(walk("flannel", mode, "cross-node", size=fits - 28), "egress", "kind-worker", "eth0")
    return wire, fits - HEADERS - STAMPS


def small(mode):
    """Return a datagram of 100 bytes as it leaves kind-worker's card."""
    return see(walk("flannel", mode, "cross-node", **PACKETS[mode]), "egress", "kind-worker", "eth0")


def predict_1():
    """The ceiling."""
    wire, payload = full("vxlan")
    most = 1000 * payload / (wire.size + CABLE)
    return choice(
        "Mbit/s of payload at most, about:",
        {str(rate): abs(rate - most) < 20 for rate in (990, 950, 910, 870)},
        wire,
    )


def predict_2():
    """A small packet."""
    wire = small("vxlan")
    share = 100 / (wire.size + CABLE)
    return choice(
        "The share that is data:",
        {
            "more than three quarters": share > 3 / 4,
            "about a half": 0.4 < share < 0.6,
            "less than a third": share < 1 / 3,
        },
        wire,
    )


def predict_3():
    """No cable."""
    cable = see(walk("flannel", "vxlan", "cross-node"), "egress", "a", "eth0")
    in_memory = "veth" in cable.line.split()
    return choice(
        "What limits the throughput?",
        {
            "the bits a second of a card": not in_memory,
            "the processors: a veth hands packets over in memory": in_memory,
        },
        cable,
    )


def predict_5():
    """Two ceilings."""
    (wrapped, most), (plain, more) = full("vxlan"), full("host-gw")
    shares = {"vxlan": most / (wrapped.size + CABLE), "host-gw": more / (plain.size + CABLE)}
    return choice(
        "Which mode’s ceiling is higher, and so its list, if the headers decide?",
        {mode: share == max(shares.values()) for mode, share in shares.items()},
        plain,
    )
