"""What lab 4 asks before it shows it."""

from packetwalk import walk
from packetwalk.cni import plugin
from packetwalk.widgets.questions import choice, end, line, number, passes, place, see


def wire(mode):
    """Return the ping as it leaves kind-worker's card."""
    return see(walk("calico", mode, "cross-node"), "egress", "kind-worker", "eth0")


def route(mode):
    """Return the step of kind-worker's route to b."""
    return see(walk("calico", mode, "cross-node"), "route", "kind-worker")


def predict_1():
    """IP in IP."""
    return line("Which line takes the ping there?", route("ipip")), number(
        "Bytes of the frame between the nodes:", wire("ipip").size, wire("ipip"), "bytes"
    )


def predict_2():
    """Another pool, another MTU."""
    leaves = {mode: see(walk("calico", mode, "cross-node"), "egress", "a") for mode in ("vxlan", "ipip")}
    mtus = {mode: plugin("calico").mode(mode).pod_mtu(1500) for mode in leaves}
    return number("MTU of a now:", mtus["vxlan"], leaves["vxlan"], "bytes"), number(
        "MTU of a before:", mtus["ipip"], leaves["ipip"], "bytes"
    )


def predict_3():
    """No tunnel."""
    bare, pod = wire("bgp"), see(walk("calico", "bgp", "cross-node"), "egress", "a")
    way = route("bgp")
    return (
        choice(
            "Whose IP addresses has the frame?",
            {
                "the pods’": bare.outer_ip == bare.ip and bare.ip.src == pod.ip.src,
                "the nodes’": bare.outer_ip.src != bare.ip.src,
            },
            bare,
        ),
        choice(
            "Whose MACs?",
            {
                "the pods’": bare.field("eth.src") == pod.field("eth.src"),
                "those of the nodes’ cards": bare.field("eth.src") != pod.field("eth.src"),
            },
            bare,
        ),
        number("Its bytes:", bare.size, bare, "bytes"),
        choice(
            "The route’s next hop:",
            {
                "kind-worker2": "via 172.18.0.4" in way.line,
                "kind-worker itself": "blackhole" in way.line,
                "none: the block is on the link": "via" not in way.line,
            },
            way,
        ),
    )


def predict_4():
    """No session."""
    lost = walk("calico", "bgp", "cross-node", fault="bgp-down")
    near = walk("calico", "bgp", "same-node", fault="bgp-down")
    return choice(
        "Does a still reach a2?",
        {"yes": near.disposition == "delivered", "no": near.disposition != "delivered"},
        end(near),
    ), place("Where does a ping to b end?", lost, walk("calico", "bgp", "cross-node"))


def predict_5():
    """A reflector."""
    way = route("bgp")
    through = passes(way.walk, None, "kind-control-plane", trace=None)
    return choice(
        "Do pings from a to b pass through kind-control-plane then?",
        {
            "yes: it has all sessions": through > 0,
            "no: the next hop stays the node that has the block": not through,
        },
        way,
    )
