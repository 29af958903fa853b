"""What lab 6 asks before it shows it."""

from packetwalk import walk
from packetwalk.widgets.questions import choice, end, passes, see

PAGE = walk("flannel", "vxlan", "service", proto="tcp")
SERVICE, B = see(PAGE, "egress", "a").ip.dst, end(PAGE).ip.dst


def predict_1():
    """A ping to a Service."""
    ping = walk("flannel", "vxlan", "service", proto="icmp")
    asked = {"the request for a page": PAGE, "the ping": ping}
    return choice(
        "Which gets an answer?",
        {name: (way.disposition == "delivered", end(way)) for name, way in asked.items()},
    )


def predict_3():
    """Two ends, two addresses."""
    leaves, arrives = see(PAGE, "egress", "a"), see(PAGE, "ingress", "b")
    sent, heard = see(PAGE, "egress", "b", trace="reply"), see(PAGE, "ingress", "a", trace="reply")
    names = {f"{SERVICE}, the Service’s": SERVICE, f"{B}, pod b’s": B}
    asked = (
        ("Destination on a’s eth0:", leaves, leaves.ip.dst),
        ("Destination on b’s eth0:", arrives, arrives.ip.dst),
        ("Source of the answer on b’s eth0:", sent, sent.ip.src),
        ("Source of the answer on a’s eth0:", heard, heard.ip.src),
    )
    return tuple(
        choice(words, {name: address == found for name, address in names.items()}, step)
        for words, step, found in asked
    )


def predict_4():
    """What the other node tracks."""
    arrives = see(PAGE, "ingress", "kind-worker2", "eth0")
    held = SERVICE in (arrives.ip.src, arrives.ip.dst)
    return choice("Does its line hold the Service’s address?", {"yes": held, "no": not held}, arrives)


def predict_5():
    """Whom the server sees."""
    asked = {
        "Pod a asks web. The server sees": PAGE,
        "The node asks web. The server sees": walk("flannel", "vxlan", "node-to-service", proto="tcp"),
        "A pod asks a Service and is its server itself. It sees": walk(
            "flannel", "vxlan", "hairpin", proto="tcp"
        ),
    }
    seen = {words: end(way) for words, way in asked.items()}
    who = {
        "pod a’s own address": see(PAGE, "egress", "a").ip.src,
        "the address of kind-worker’s cni0": seen[
            "A pod asks a Service and is its server itself. It sees"
        ].ip.src,
        "the address of kind-worker’s flannel.1": seen["The node asks web. The server sees"].ip.src,
    }
    return tuple(
        choice(words, {name: address == step.ip.src for name, address in who.items()}, step)
        for words, step in seen.items()
    )


def predict_6():
    """A bridge that asks no rule."""
    near = walk("flannel", "vxlan", "service-local", fault="br-netfilter-off", proto="tcp")
    heard = see(near, "ingress", "a", trace="reply")
    own = end(near).ip.dst
    return choice(
        "Does a’s packet reach a2?",
        {"yes": passes(near, "deliver", "a2") > 0, "no": not passes(near, "deliver", "a2")},
        end(near),
    ), choice(
        "From which address does the answer come?",
        {"a2’s own": heard.ip.src == own, "the Service’s": heard.ip.src == see(near, "egress", "a").ip.dst},
        heard,
    )
