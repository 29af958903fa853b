"""Deeds about flanneld and kube-proxy drawn at random: when all is well again every table is the plan's, in its order."""

from __future__ import annotations

import random

import pytest

from packetwalk.control.deeds import PlannedDeed, read
from packetwalk.control.probe import network_at
from packetwalk.control.running import timeline
from packetwalk.control.timeline import SECOND, LineChange, Message
from packetwalk.walks.scenario import network

NODES = ("kind-control-plane", "kind-worker", "kind-worker2")
PODS = ("a", "a2", "b", "b2", "coredns")
AUTHORS = {"flanneld", "kernel", "by hand", "kube-proxy"}
AT_A_TIME = 150
LONGER = 30  # seconds until everything that waits has ended


class Drawing:
    """Deeds that can be done one after another, then those that make all well again."""

    def __init__(self, mode: str, seed: str) -> None:
        self.chance, self.at, self.deeds = random.Random(seed), 0.0, []
        self.mode = mode
        self.dead: set[str] = set()
        self.proxies_dead: set[str] = set()
        self.flushed: set[str] = (
            set()
        )  # where rules of kube-proxy's were deleted: it may not miss them for an hour
        self.gone: set[str] = set()
        self.without: set[str] = set()  # whose device has not been made anew
        self.endpoints = {"web": {"b"}, "near": {"a2"}}
        for _ in range(self.chance.randint(1, 14)):
            self.at += self.chance.choice((0, 0.001, 0.05, 0.5, 1.2, 3, 9.7))
            self.chance.choice(
                (self.flanneld, self.node, self.by_hand, self.endpoint, self.endpoint, self.proxy)
            )()
        self.mend()

    def do(self, *words: str) -> None:
        self.deeds.append(f"{self.at:.3f} {' '.join(words)}")

    def flanneld(self) -> None:
        node = self.chance.choice(NODES)
        if node not in self.dead:
            self.do(self.chance.choice(("kill", "stop")), node)
            self.dead.add(node)
        elif node not in self.gone:
            self.do("start", node)
            self.dead.discard(node)
            self.without.discard(node)
            self.at += 1.2  # it finds its Node before that is deleted, or it would end

    def node(self) -> None:
        node = self.chance.choice(NODES)
        self.do("register" if node in self.gone else "delete", node)
        self.gone ^= {node}

    def by_hand(self) -> None:
        """Delete the tunnel, where one is for sure: the route of a node may be gone already."""
        node = self.chance.choice(NODES)
        if self.mode not in ("host-gw", "udp") and node not in self.dead | self.without:
            self.do("tunnel-del", node)
            self.at += 0.01
            if not self.mode.startswith("vxlan"):
                self.without.add(node)

    def endpoint(self) -> None:
        service = self.chance.choice(tuple(self.endpoints))
        here, pod = self.endpoints[service], self.chance.choice(PODS)
        verb = self.chance.choice(
            ("ready", "terminating", "not-serving", "not-ready", "gone", "replaced", "affinity")
        )
        if verb == "affinity":
            self.do("affinity", service, self.chance.choice(("on", "off")))
        elif verb == "ready":
            self.do("endpoint-ready", service, pod)
            here.add(pod)
        elif here:
            old = self.chance.choice(sorted(here))
            self.do(f"endpoint-{verb}", service, old, *([pod] if verb == "replaced" else []))
            if verb in ("gone", "replaced"):
                here.discard(old)
            if verb == "replaced":
                here.add(pod)

    def proxy(self) -> None:
        node = self.chance.choice(NODES)
        verb = "start" if node in self.proxies_dead else self.chance.choice(("kill", "stop", "flush"))
        self.do(f"kube-proxy-{verb}", node)
        if verb == "flush":
            self.flushed.add(node)
        else:
            self.proxies_dead ^= {node}

    def mend(self) -> None:
        """Start what is dead, restart every flanneld, register every Node, and give Services their endpoints."""
        self.at += 2
        for node in sorted(self.gone):
            self.do("register", node)
        for node in sorted(set(NODES) - self.dead):
            self.do("stop", node)
        self.at += 1
        for node in NODES:
            self.do("start", node)
        for node in sorted(self.flushed - self.proxies_dead):
            self.do("kube-proxy-stop", node)
        for node in sorted(self.proxies_dead | self.flushed):
            self.do("kube-proxy-start", node)
        for service, backend in (("web", "b"), ("near", "a2")):
            for pod in sorted(self.endpoints[service] - {backend}):
                self.do("endpoint-gone", service, pod)
            self.do("endpoint-ready", service, backend)
            self.do("affinity", service, "off")
        self.at += 4
        self.do("endpoint-not-ready", "near", "coredns")  # one more sync, for chains that nothing leads to


def drawn(mode: str, seed: str) -> tuple[PlannedDeed, ...]:
    """Return the deeds of a seed."""
    return read(Drawing(mode, seed).deeds)


@pytest.mark.parametrize(
    ("mode", "rules"),
    [
        ("vxlan", "iptables"),
        ("vxlan", "nftables"),
        ("host-gw", "iptables"),
        ("vxlan-directrouting", "iptables"),
        ("wireguard", "nftables"),
        ("udp", "iptables"),
        ("ipip", "iptables"),
    ],
)
def test_whatever_happens_all_is_as_planned_when_all_is_well_again(mode: str, rules: str) -> None:
    net = network("flannel", mode, rules=rules)
    plans = {node: [x.entry for x in net.plan(node)] for node in NODES}
    seen: set[str] = set()
    for number in range(AT_A_TIME):
        seed = f"{mode} {rules} {number}"
        deeds = drawn(mode, seed)
        until = deeds[-1].at + LONGER * SECOND
        found = timeline(net, deeds, until, seed)
        then = network_at(net, found, until)
        for node in NODES:
            assert [x.entry for x in then.plan(node)] == plans[node], (seed, node, deeds)
        assert {each.by for each in found.of(LineChange)} <= AUTHORS, seed
        assert [each.at for each in found.events] == sorted(each.at for each in found.events), seed
        assert all(0 <= each.at <= until for each in found.events), seed
        assert all(each.until is None or each.until > each.at for each in found.of(Message)), seed
        seen |= {each.verb for each in deeds}
    assert len(seen) > 14


def test_the_same_deeds_give_the_same_timeline() -> None:
    net = network("flannel", "vxlan")
    deeds = drawn("vxlan", "again")
    once, again = (timeline(net, deeds, 90 * SECOND, "") for _ in range(2))
    assert once == again and len(once.events) > 20
