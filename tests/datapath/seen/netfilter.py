"""Rules that show in which order and by what the kernel's netfilter decides: done in model and kernel, and equal.

What became of the packets was seen in Linux 6.18 before the model said the same.
"""

from __future__ import annotations

from packetwalk.proof.draws import RandomTrial
from packetwalk.trace.packet import Packet
from tests.datapath.as_the_kernel import Seen

FLANNEL, CALICO = ("flannel", "vxlan"), ("calico", "vxlan")
CONTROL, WORKER = "kind-control-plane", "kind-worker"
ICMP, UDP, TCP = (Packet(proto, sport=41000) for proto in ("icmp", "udp", "tcp"))


def ruled(
    mode: tuple[str, str], rules: tuple[tuple[str, str], ...], trial: RandomTrial, came: tuple[str, ...]
) -> Seen:
    """Return a case of one packet whose commands are iptables': each its words, with the namespace."""
    return Seen(mode, tuple((netns, f"iptables {line}") for netns, line in rules), (trial,), came)


CASES = {
    "an answer gets its source back after mangle's POSTROUTING, which sees the pod's": ruled(
        CALICO,
        ((CONTROL, "-t mangle -A POSTROUTING -p tcp --sport 8080 -s 10.244.0.0/16 -j DROP"),),
        RandomTrial("coredns", "web", TCP),
        (
            "request 172.18.0.2 > 10.244.82.1 delivered",
            "redirect 172.18.0.2 > 10.244.82.1 dropped",
            "reply 10.244.82.1 > 10.244.82.1 dropped",
        ),
    ),
    "and sees no Service": ruled(
        CALICO,
        ((CONTROL, "-t mangle -A POSTROUTING -s 10.96.0.80 -j DROP"),),
        RandomTrial("coredns", "web", TCP),
        (
            "request 172.18.0.2 > 10.244.82.1 delivered",
            "redirect 172.18.0.2 > 10.244.82.1 dropped",
            "reply 10.96.0.80 > 10.244.82.1 delivered",
            "ack 172.18.0.2 > 10.244.82.1 delivered",
        ),
    ),
    "the answer to a node's own packet gets its source back after filter's INPUT": ruled(
        CALICO,
        ((WORKER, "-t filter -A INPUT -s 10.96.0.80 -j DROP"),),
        RandomTrial("kind-worker", "web", UDP),
        (
            "request 10.244.162.128 > 10.244.82.1 delivered",
            "reply 10.96.0.80 > 172.18.0.3 delivered",
        ),
    ),
    "what is for the bridge itself is not bridged": ruled(
        FLANNEL,
        ((WORKER, "-A INPUT -m physdev --physdev-in veth86f7e437 --physdev-is-bridged -j DROP"),),
        RandomTrial("a", "kind-worker", ICMP),
        (
            "request 10.244.1.2 > 172.18.0.3 delivered",
            "reply 172.18.0.3 > 10.244.1.2 delivered",
        ),
    ),
    "what comes in by the port is": ruled(
        FLANNEL,
        ((WORKER, "-A INPUT -m physdev --physdev-in veth86f7e437 -j DROP"),),
        RandomTrial("a", "kind-worker", ICMP),
        ("request 10.244.1.2 > 172.18.0.3 dropped",),
    ),
    "a time to live that ends after DNAT is told by the Service": ruled(
        CALICO,
        (),
        RandomTrial("coredns", "web", Packet("tcp", ttl=1, sport=41000)),
        (
            "request 10.244.82.1 > 10.244.82.1 ttl_expired",
            "error 10.96.0.80 > 10.244.82.1 delivered",
        ),
    ),
    "a packet to oneself leaves by lo: OUTPUT": ruled(
        CALICO,
        ((WORKER, "-t filter -I OUTPUT -o lo -p udp -j DROP"),),
        RandomTrial(WORKER, WORKER, UDP),
        ("request 172.18.0.3 > 172.18.0.3 dropped",),
    ),
    "a packet to oneself visits POSTROUTING": ruled(
        CALICO,
        ((WORKER, "-t mangle -A POSTROUTING -o lo -j DROP"),),
        RandomTrial(WORKER, WORKER, ICMP),
        ("request 172.18.0.3 > 172.18.0.3 dropped",),
    ),
    "a packet to oneself visits PREROUTING": ruled(
        CALICO,
        ((WORKER, "-t mangle -A PREROUTING -i lo -j DROP"),),
        RandomTrial(WORKER, WORKER, ICMP),
        ("request 172.18.0.3 > 172.18.0.3 dropped",),
    ),
    "REJECT in FORWARD: a reset as if from the addressee": ruled(
        CALICO,
        ((CONTROL, "-t filter -I FORWARD -p tcp -j REJECT --reject-with tcp-reset"),),
        RandomTrial("coredns", "coredns2", TCP),
        (
            "request 10.244.82.1 > 10.244.82.2 rejected",
            "reset 10.244.82.2 > 10.244.82.1 delivered",
        ),
    ),
    "REJECT in FORWARD, after DNAT: a reset as if from the Service": ruled(
        CALICO,
        ((CONTROL, "-t filter -I FORWARD -p tcp -j REJECT --reject-with tcp-reset"),),
        RandomTrial("coredns", "web", TCP),
        (
            "request 10.244.82.1 > 10.244.82.1 rejected",
            "redirect 172.18.0.2 > 10.244.82.1 dropped",
            "reset 10.96.0.80 > 10.244.82.1 delivered",
        ),
    ),
    "REJECT of a bridge's frame": ruled(
        FLANNEL,
        ((WORKER, "-t filter -I FORWARD -p tcp -j REJECT --reject-with tcp-reset"),),
        RandomTrial("a", "a2", TCP),
        (
            "request 10.244.1.2 > 10.244.1.3 rejected",
            "reset 10.244.1.3 > 10.244.1.2 delivered",
        ),
    ),
    "REJECT: host prohibited": ruled(
        FLANNEL,
        ((WORKER, "-t filter -I FORWARD -j REJECT --reject-with icmp-host-prohibited"),),
        RandomTrial("a", "coredns", ICMP),
        (
            "request 10.244.1.2 > 10.244.0.2 rejected",
            "error 10.244.1.1 > 10.244.1.2 delivered",
        ),
    ),
    "REJECT of one's own packet": ruled(
        CALICO,
        ((WORKER, "-t filter -I OUTPUT -p udp -j REJECT --reject-with icmp-admin-prohibited"),),
        RandomTrial(WORKER, CONTROL, UDP),
        (
            "request 172.18.0.3 > 172.18.0.2 rejected",
            "error 172.18.0.3 > 172.18.0.3 delivered",
        ),
    ),
    "a second packet the same way is not ESTABLISHED without an answer": ruled(
        FLANNEL,
        ((WORKER, "-A INPUT -p udp -m udp --dport 8472 -m conntrack --ctstate ESTABLISHED -j DROP"),),
        RandomTrial(CONTROL, "a", ICMP),
        (
            "request 10.244.0.0 > 10.244.1.2 delivered",
            "reply 10.244.1.2 > 10.244.0.0 delivered",
        ),
    ),
    "a request is NEW, its answer ESTABLISHED": ruled(
        CALICO,
        (("a", "-t filter -A OUTPUT -p icmp -m conntrack --ctstate ESTABLISHED -j DROP"),),
        RandomTrial("a2", "a", ICMP),
        (
            "request 10.244.162.130 > 10.244.162.129 delivered",
            "reply 10.244.162.129 > 10.244.162.130 dropped",
        ),
    ),
    "an answer to what was not tracked is INVALID": ruled(
        CALICO,
        (
            ("a", "-t raw -A OUTPUT -j CT --notrack"),
            ("a", "-A INPUT -m conntrack --ctstate INVALID -j DROP"),
        ),
        RandomTrial("a", "a2", TCP),
        (
            "request 10.244.162.129 > 10.244.162.130 delivered",
            "reply 10.244.162.130 > 10.244.162.129 dropped",
        ),
    ),
    "UNTRACKED": ruled(
        CALICO,
        (
            ("a", "-t raw -A OUTPUT -p icmp -j CT --notrack"),
            ("a", "-A OUTPUT -m conntrack --ctstate UNTRACKED -j DROP"),
        ),
        RandomTrial("a", "a2", ICMP),
        ("request 10.244.162.129 > 10.244.162.130 dropped",),
    ),
    "an ICMP error is RELATED": ruled(
        CALICO,
        (("a", "-A INPUT -m conntrack --ctstate RELATED -j DROP"),),
        RandomTrial("a", "a2", Packet("icmp", ttl=1, sport=41000)),
        (
            "request 10.244.162.129 > 10.244.162.130 ttl_expired",
            "error 172.18.0.3 > 10.244.162.129 dropped",
        ),
    ),
    "a nat chain alone tracks nothing": ruled(
        CALICO,
        (("coredns2", "-t nat -A PREROUTING -j ACCEPT"),),
        RandomTrial(CONTROL, "coredns2", TCP),
        (
            "request 172.18.0.2 > 10.244.82.2 delivered",
            "reply 10.244.82.2 > 172.18.0.2 delivered",
            "ack 172.18.0.2 > 10.244.82.2 delivered",
        ),
    ),
    "OUTPUT's DNAT": ruled(
        CALICO,
        ((WORKER, "-t nat -A OUTPUT -p icmp -d 172.18.0.77 -j DNAT --to-destination 10.244.82.1"),),
        RandomTrial(WORKER, "172.18.0.77", ICMP),
        (
            "request 10.244.162.128 > 10.244.82.1 delivered",
            "reply 172.18.0.77 > 172.18.0.3 delivered",
        ),
    ),
    "an error about a packet whose source was changed goes to the pod": ruled(
        CALICO,
        ((WORKER, "-t nat -I POSTROUTING -d 10.244.0.0/16 -p udp -j SNAT --to-source 172.18.0.3"),),
        RandomTrial("a", "coredns", Packet("udp", ttl=2, sport=41000)),
        (
            "request 172.18.0.3 > 10.244.82.1 ttl_expired",
            "error 172.18.0.2 > 10.244.162.129 delivered",
        ),
    ),
    "a pod's own Service: the frame goes by the bridge's interface": ruled(
        FLANNEL,
        (),
        RandomTrial("coredns", "web", UDP),
        (
            "request 10.244.0.1 > 10.244.0.2 delivered",
            "reply 10.96.0.80 > 10.244.0.2 delivered",
        ),
    ),
    "state DNAT": ruled(
        CALICO,
        (
            (WORKER, "-t nat -A OUTPUT -p udp -d 172.18.0.77 -j DNAT --to-destination 172.18.0.3:10250"),
            (WORKER, "-t filter -A OUTPUT -p udp -m conntrack --ctstate DNAT -j DROP"),
        ),
        RandomTrial(WORKER, "172.18.0.77", UDP),
        ("request 172.18.0.3 > 172.18.0.3 dropped",),
    ),
    "INPUT's SNAT": ruled(
        CALICO,
        (("a", "-t nat -A INPUT -p udp -j SNAT --to-source 10.99.0.7"),),
        RandomTrial("a2", "a", UDP),
        (
            "request 10.99.0.7 > 10.244.162.129 delivered",
            "reply 10.244.162.129 > 10.244.162.130 delivered",
        ),
    ),
    "a rule is taken away whose comment iptables-save quotes": ruled(
        CALICO,
        (
            (
                CONTROL,
                (
                    "-t nat -D KUBE-SEP-MW6LXM7JO5JAFJS2 -p udp -m comment --comment default/web:h3 -m udp -j DNAT "
                    "--to-destination 10.244.82.1:8080"
                ),
            ),
        ),
        RandomTrial("a", "a2", ICMP),
        (
            "request 10.244.162.129 > 10.244.162.130 delivered",
            "reply 10.244.162.130 > 10.244.162.129 delivered",
        ),
    ),
}
