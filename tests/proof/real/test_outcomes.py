"""What came of the same questions in both modes of kube-proxy: recorded, and by the model (experiments 05 to 29)."""

from __future__ import annotations

from functools import cache

import pytest

from packetwalk.tables import IptablesRule
from packetwalk.walks.network import Network
from tests.proof.real.recording import RealRecording

IN_IPTABLES, IN_NFTABLES = "flannel-vxlan-0.28.9-iptables", "flannel-vxlan-0.28.9-nftables"
REFUSED, SILENT, UNREACHABLE = "refused", "silent", "unreachable"
SAME = {
    "p1a > 10.96.0.81:80": "p1b saw 10.244.1.2",
    "p1a > 10.96.0.82:80": "p1a saw 10.244.1.1",
    "n1 > 10.96.0.83:80": REFUSED,
    "p1a > 172.18.0.2:30080": "p2a saw 10.244.1.0",
    "p1a > 172.18.0.4:30080": "p2a saw 10.244.3.0",
    "p1a > 172.18.0.3:30080": "p2a saw 10.244.2.1",
    "n1 > 172.18.0.2:30080": "p2a saw 10.244.1.0",
    "n1 > 172.18.0.4:30080": "p2a saw 10.244.3.0",
    "internet > 172.18.0.2:30080": "p2a saw 10.244.1.0",
    "internet > 172.18.0.3:30080": "p2a saw 10.244.2.1",
    "internet > 172.18.0.2:30081": SILENT,
    "internet > 172.18.0.3:30081": "p2a saw 203.0.113.9",
    "p1a > 172.18.0.2:30081": "p2a saw 10.244.1.2",
    "p1a > 172.18.0.4:30081": SILENT,
    "p1a > 172.18.0.3:30081": "p2a saw 172.18.0.2",
    "n1 > 172.18.0.2:30081": "p2a saw 10.244.1.0",
    "n1 > 172.18.0.4:30081": SILENT,
    "n1 > 172.18.0.3:30081": "p2a saw 172.18.0.2",
    "n1 > 10.96.0.80:80": "p3a saw 10.244.1.0",
    "n1 > 10.96.0.81:80": "p1b saw 10.244.1.1",
    "n1 > 10.244.2.2:8080": "p2a saw 10.244.1.0",
    "p1a > 203.0.113.9:80": "internet saw 172.18.0.2",
    "p1a > 10.96.0.88:80": SILENT,
    "p1a > 198.51.100.7:80": SILENT,
}
OTHER = {  # the question: in iptables mode, in nftables mode
    "p1a > 10.96.0.80:81": (UNREACHABLE, REFUSED),
    "n1 > 10.96.0.80:81": (UNREACHABLE, REFUSED),
    "p1a > 10.96.0.200:80": (UNREACHABLE, SILENT),
    "p1a > 10.244.1.1:30080": ("p2a saw 10.244.1.0", REFUSED),
    "n1 > 127.0.0.1:30080": ("p2a saw 10.244.1.0", REFUSED),
    "n1 > 127.0.0.1:30081": ("p2a saw 10.244.1.0", REFUSED),
    "n1 > 10.244.1.0:30080": ("p2a saw 10.244.1.0", REFUSED),
    "n1 > 10.244.1.1:30080": ("p2a saw 10.244.1.0", REFUSED),
}
RECORDED = [
    *((IN_IPTABLES, asked, answer) for asked, answer in SAME.items()),
    *((IN_NFTABLES, asked, answer) for asked, answer in SAME.items()),
    *((IN_IPTABLES, asked, answers[0]) for asked, answers in OTHER.items()),
    *((IN_NFTABLES, asked, answers[1]) for asked, answers in OTHER.items()),
]


@cache
def recorded(name: str) -> RealRecording:
    return RealRecording(name)


def outcome(network: Network, asked: str) -> str:
    """Return who saw whose address, or how the question ended."""
    src, dst = asked.split(" > ")
    traces = network.send(src, dst, proto="tcp").traces
    names = {trace.name for trace in traces}
    last = traces[0].steps[-1]
    if "ack" in names:
        source = next(header.src for header in reversed(last.after) if header.proto == "ip")
        return f"{last.netns} saw {source}"
    if "reset" in names or any(trace.name == "reply" for trace in traces):
        return REFUSED
    errors = [trace for trace in traces if trace.name == "error"]
    if errors:
        message = next(header for header in errors[0].steps[-1].after if header.proto == "icmp")
        return REFUSED if message.code == 3 else UNREACHABLE
    return SILENT


@pytest.mark.parametrize(("name", "asked", "answer"), RECORDED)
def test_it_is_answered_as_recorded(name: str, asked: str, answer: str) -> None:
    assert outcome(recorded(name).network, asked) == answer


FIRST_RULE = '-m mark --mark 0x4000/0x4000 -m comment --comment "flanneld masq" -j RETURN'


def asked_at_postrouting(network: Network) -> list[str]:
    """Return the lines that decided about a packet of the node n1 to a Service, at the last hook."""
    steps = network.send("n1", "10.96.0.80:80", proto="tcp").traces[0].steps
    at = [step for step in steps if step.netns == "n1" and step.decision.hook == "POSTROUTING"]
    return [str(step.entry) for step in at if "4789" not in str(step.entry)]


def test_of_equal_priority_the_chain_registered_last_is_asked_first() -> None:
    """kube-proxy came first: flanneld's rule 1 fires (20-node-to-clusterip); the other way round it has no mark to see."""
    found = recorded(IN_NFTABLES)
    assert FIRST_RULE in asked_at_postrouting(found.network)[0]
    later = found.network.edited(
        {"n1": [lambda plan: sorted(plan, key=lambda each: each.by == "kube-proxy")]}
    )
    lines = asked_at_postrouting(later)
    assert not any(FIRST_RULE in line for line in lines)
    assert "meta mark & 0x00004000" in lines[0]


def test_in_iptables_mode_the_first_rule_of_flanneld_meets_no_mark() -> None:
    lines = asked_at_postrouting(recorded(IN_IPTABLES).network)
    assert lines
    assert not any(FIRST_RULE in line for line in lines)


def test_an_accept_ends_one_base_chain_only() -> None:
    """FLANNEL-FWD has accepted it, and kube-proxy refuses it (09-clusterip-no-such-port)."""
    steps = recorded(IN_NFTABLES).network.send("p1a", "10.96.0.80:81", proto="tcp").traces[0].steps
    asked = [step.entry for step in steps if step.decision.hook == "FORWARD"]
    assert isinstance(asked[0], IptablesRule)
    assert asked[0].spec.endswith("-j ACCEPT")
    assert str(asked[-1]).startswith("ip daddr @cluster-ips reject")
