"""What lab 2 asks before it shows it."""

from packetwalk import lab, walk
from packetwalk.widgets.questions import choice, end, number, passes, place, see

LARGE = {"size": 1472, "df": True}


def large():
    """Return the walk of a ping of 1500 bytes with DF, where the pods believe in 1500."""
    return walk("flannel", "vxlan", "cross-node", fault="mtu-mismatch", **LARGE)


def tapped(way, dev):
    """Say whether tcpdump on a device of kind-worker shows the request."""
    return any(passes(way, event, "kind-worker", dev) for event in ("ingress", "egress"))


def predict_2():
    """Small and large, where only the tunnel knows its MTU."""
    small = walk("flannel", "vxlan", "cross-node", fault="mtu-mismatch", size=56, df=False)
    told = see(large(), "deliver", "a", trace="error")
    return (
        choice(
            "Does the ping of 56 bytes arrive?",
            {"yes": small.disposition == "delivered", "no": small.disposition != "delivered"},
            end(small),
        ),
        place("Where does the one of 1472 bytes end?", large(), walk("flannel", "vxlan", "cross-node")),
        choice(
            "Does a learn of it?",
            {
                "yes, by an ICMP message": passes(large(), "deliver", "a", trace="error") > 0,
                "no": not passes(large(), "deliver", "a", trace="error"),
            },
            told,
        ),
    )


def predict_3():
    """Where it is lost when nobody tells."""
    cluster = lab.open("flannel", "vxlan", ground="model")
    cluster.fault("mtu-mismatch")
    cluster.node("kind-worker").run("iptables -A OUTPUT -p icmp -j DROP")
    way = cluster.way("a", "b", **LARGE)
    seen = {dev: tapped(way, dev) for dev in ("cni0", "flannel.1", "eth0")}
    return choice("On which of them would tcpdump show it?", seen, end(way))


def predict_4():
    """One end is not enough."""
    back = walk("flannel", "vxlan", src="b", dst="a", fault="mtu-mismatch", **LARGE)
    return choice(
        "Is it enough to mend a?",
        {
            "yes": back.disposition == "delivered",
            "no: what b sends is as large": back.disposition != "delivered",
        },
        end(back),
    )


def predict_5():
    """An underlay that is narrower than anybody thought."""
    cut = walk("flannel", "vxlan", "cross-node", fault="underlay-mtu-1400", size=1422, df=True)
    pieces = passes(cut, "fragment", "kind-worker", trace=None)
    return number("Frames of the request:", pieces, see(cut, "fragment", "kind-worker"))
