"""Walks of Flannel's modes, asked for what its tests look at; a fact and what the model says of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from packetwalk.plan.cluster import Cluster
from packetwalk.tables import table_of
from packetwalk.tables.iptables import IPTABLES
from packetwalk.trace.step import Step, Trace
from packetwalk.walks.network import Network
from packetwalk.wire import Icmp, Ipv4, Vxlan

NODE, NODE2 = "kind-worker", "kind-worker2"
A, A2, B = "10.244.1.2", "10.244.1.3", "10.244.2.2"


@cache
def net(mode: str = "vxlan", fault: str | None = None) -> Network:
    return Network(Cluster(), "flannel", mode, fault)


@cache
def send(src: str, dst: str, mode: str = "vxlan", fault: str | None = None, **options):
    return net(mode, fault).send(src, dst, **options)


def trace(name: str, *args, **options) -> Trace:
    return next(t for t in send(*args, **options).traces if t.name == name)


def steps(name: str, netns: str, dev: str, event: str, *args, **options) -> list[Step]:
    return [
        s for s in trace(name, *args, **options).steps if (s.netns, s.dev, s.event) == (netns, dev, event)
    ]


def frame(name: str, netns: str, dev: str, event: str, *args, **options) -> Step:
    return steps(name, netns, dev, event, *args, **options)[0]


def header(step: Step, kind: type, number: int = 0):
    """The ``number``-th header of a kind, outermost first."""
    return [h for h in step.after if isinstance(h, kind)][number]


def on_wire(*args, **options) -> Step:
    return frame("request", NODE, "eth0", "egress", *args, **options)


def arrived(netns: str, *args, **options) -> Ipv4:
    return header(frame("request", netns, "eth0", "ingress", *args, **options), Ipv4)


def hops(dst: str, mode: str) -> list[str]:
    """Who answers probes with a time to live of 1, 2, 3."""
    out = []
    for ttl in (1, 2, 3):
        answers = [t for t in net(mode).send("a", dst, ttl=ttl).traces if t.name in ("error", "reply")]
        out.append(answers[0].flow.src)
    return out


def rule(netns: str, *args, **options) -> int | None:
    """The number of the rule of FLANNEL-POSTRTG that decided about the request on a node."""
    chain = [r for r in net().fabric.netns(netns).entries(IPTABLES) if r.chain == "FLANNEL-POSTRTG"]
    for step in trace("request", *args, **options).steps:
        outer = any(isinstance(h, Vxlan) for h in step.before)
        if step.netns == netns and step.entry in chain and not outer:
            return chain.index(step.entry) + 1
    return None


def peers(kind: str) -> int:
    """Entries of one kind that flanneld wrote on a node of 10."""
    plan = Network(Cluster(nodes=10), "flannel", "vxlan").plan(NODE)
    return sum(op.by == "flanneld" and table_of(op.entry).name == kind for op in plan)


def from_pod(size: int = 56, **options) -> Step:
    """The request as it leaves pod a for pod b."""
    return frame("request", "a", "eth0", "egress", "a", "b", size=size, **options)


def syn(mode: str) -> Step:
    return frame("request", "a", "eth0", "egress", "a", "b:8080", mode=mode, proto="tcp")


def connections(netns: str) -> list[str]:
    known = {c for c, _ in send("a", "b").conntracks[netns]._by_tuple.values()}
    return sorted(connection.original.protocol for connection in known)


def identifiers() -> bool:
    out = header(on_wire("a", "internet"), Icmp).id
    sent = header(frame("request", "a", "eth0", "egress", "a", "internet"), Icmp).id
    back = header(frame("reply", "a", "eth0", "ingress", "a", "internet"), Icmp).id
    return out != sent == back


def too_big() -> Icmp:
    return header(
        frame("error", "a", "eth0", "ingress", "a", "b", fault="mtu-mismatch", size=1472, df=True), Icmp
    )


class Fact(NamedTuple):
    section: str
    says: str
    model: Callable[[], object]
    value: object


FULL = {"size": 1422, "df": True}
