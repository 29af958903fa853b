"""What lab 0 asks before it shows it."""

from packetwalk import lab, walk
from packetwalk.widgets.questions import choice, end, number


def predict_3():
    """How many machines forward."""
    near, far = (end(walk("flannel", "vxlan", scenario), "reply") for scenario in ("same-node", "cross-node"))
    return number("TTL of a2’s answer:", near.ttl, near), number("TTL of b’s answer:", far.ttl, far)


def predict_5():
    """What a pod reaches without its default route."""
    cluster = lab.open("flannel", "vxlan", ground="model")
    cluster.pod("a").run("ip route del default")
    ways = {name: cluster.way("a", name) for name in ("a2", "b", "internet")}
    return choice(
        "Which still answer?",
        {name: (way.disposition == "delivered", end(way)) for name, way in ways.items()},
    )
