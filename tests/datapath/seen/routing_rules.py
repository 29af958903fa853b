"""Rules of routing that refuse, or that leave short prefixes out: seen in the kernel."""

from __future__ import annotations

from packetwalk.proof.draws import RandomTrial
from packetwalk.trace.packet import Packet
from tests.datapath.as_the_kernel import Seen

CALICO = ("calico", "bgp")
WORKER, CONTROL = "kind-worker", "kind-control-plane"
PING = Packet("icmp", sport=41000)
TO_COREDNS = "to 10.244.82.0/26"


def refusing(action: str, *came: str) -> Seen:
    """Return what came of a packet that passes a node whose rule is against it."""
    command = f"ip rule add {TO_COREDNS} {action} pref 100"
    return Seen(CALICO, ((WORKER, command),), (RandomTrial("a", "coredns", PING),), came)


CASES = {
    "a rule that is a blackhole tells nobody": refusing(
        "blackhole", "request 10.244.162.128 > 10.244.82.0 no_route"
    ),
    "a rule that prohibits tells the sender": refusing(
        "prohibit",
        "request 10.244.162.128 > 10.244.82.0 no_route",
        "error 172.18.0.3 > 10.244.162.128 delivered",
    ),
    "a rule that says unreachable tells that the network is so": refusing(
        "unreachable",
        "request 10.244.162.128 > 10.244.82.0 no_route",
        "error 172.18.0.3 > 10.244.162.128 delivered",
    ),
    "a rule refuses what its own machine sends": Seen(
        CALICO,
        ((WORKER, f"ip rule add {TO_COREDNS} prohibit pref 100"),),
        (RandomTrial(WORKER, "coredns", PING),),
        ("request 172.18.0.3 > 10.244.82.0 no_route",),
    ),
    "a rule on the receiving node refuses the answer": Seen(
        CALICO,
        ((CONTROL, "ip rule add from 10.244.82.0/26 unreachable pref 50"),),
        (RandomTrial("a", "coredns", PING),),
        (
            "request 10.244.162.128 > 10.244.82.0 delivered",
            "reply 10.244.82.0 > 10.244.162.128 neighbor_unreachable",
            "error 10.244.82.0 > 10.244.82.0 delivered",
        ),
    ),
    "a rule behind the one that found a route is not asked": Seen(
        CALICO,
        ((WORKER, f"ip rule add {TO_COREDNS} prohibit pref 32767"),),
        (RandomTrial("a", "coredns", PING),),
        (
            "request 10.244.162.128 > 10.244.82.0 delivered",
            "reply 10.244.82.0 > 10.244.162.128 delivered",
        ),
    ),
    "default routes that are suppressed do not count": Seen(
        CALICO,
        (
            (WORKER, "ip route add 203.0.113.9 via 172.18.0.2 table 100"),
            (WORKER, "ip rule add lookup main suppress_prefixlength 0 pref 100"),
            (WORKER, "ip rule add to 203.0.113.0/24 lookup 100 pref 101"),
        ),
        (RandomTrial("a", "internet", PING), RandomTrial("a", "coredns", Packet("icmp", sport=41002))),
        (
            "request 172.18.0.3 > 203.0.113.9 delivered",
            "redirect 172.18.0.2 > 172.18.0.3 dropped",
            "reply 203.0.113.9 > 10.244.162.128 delivered",
            "request 10.244.162.128 > 10.244.82.0 delivered",
            "reply 10.244.82.0 > 10.244.162.128 delivered",
        ),
    ),
    "a longer prefix than the suppressed one counts": Seen(
        CALICO,
        (
            (WORKER, "ip rule add lookup main suppress_prefixlength 25 pref 100"),
            (WORKER, f"ip rule add {TO_COREDNS} unreachable pref 101"),
        ),
        (RandomTrial("a", "coredns", PING),),
        (
            "request 10.244.162.128 > 10.244.82.0 delivered",
            "reply 10.244.82.0 > 10.244.162.128 delivered",
        ),
    ),
    "a prefix as long as the suppressed one does not count": Seen(
        CALICO,
        (
            (WORKER, "ip rule add lookup main suppress_prefixlength 26 pref 100"),
            (WORKER, f"ip rule add {TO_COREDNS} unreachable pref 101"),
        ),
        (RandomTrial("a", "coredns", PING),),
        (
            "request 10.244.162.128 > 10.244.82.0 no_route",
            "error 172.18.0.3 > 10.244.162.128 delivered",
        ),
    ),
    "routes that refuse are not suppressed": Seen(
        CALICO,
        (
            (WORKER, "ip route add prohibit 203.0.113.0/24"),
            (WORKER, "ip rule add lookup main suppress_prefixlength 24 pref 100"),
        ),
        (RandomTrial("a", "internet", PING),),
        (
            "request 10.244.162.128 > 203.0.113.9 no_route",
            "error 172.18.0.3 > 10.244.162.128 delivered",
        ),
    ),
    "a socket without an address asks first without one, and what refuses that ends it": Seen(
        CALICO,
        (("a", "ip rule add priority 50 not from 10.244.162.128 unreachable"),),
        tuple(RandomTrial("a", "coredns", Packet(proto, sport=41000)) for proto in ("tcp", "udp")),
        ("request 10.244.162.128 > 10.244.82.0 no_route",) * 2,
    ),
}
