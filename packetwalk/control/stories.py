"""Stories that the book tells: what is done to a cluster, and who pings whom meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from packetwalk.control.deeds import read
from packetwalk.control.running import cluster, timeline
from packetwalk.control.timeline import SECOND, Timeline
from packetwalk.errors import chosen
from packetwalk.plan.rules import IPTABLES, NFTABLES
from packetwalk.walks.network import Network


class Story(NamedTuple):
    """``deeds`` as ``packetwalk timeline --do`` takes them; ``pings`` are pairs of ends; ``until`` in seconds.

    ``flows`` are sockets that stay open, or clients that come again (``flows.KINDS``).  Pods come only when they are
    told to; ``like`` names the recording that it can be held against, ``event`` the row of *What survives what* that
    it is (``survival.EVENTS``); ``rules`` is the form of the rules, ``ended`` are nodes whose own
    part of the control plane has not been started.
    """

    name: str
    title: str
    deeds: tuple[str, ...]
    until: int
    pings: tuple[tuple[str, str], ...] = (("a", "b"),)
    like: str = ""
    event: str = ""
    plugin: str = "calico"
    mode: str = "bgp"
    flows: tuple[tuple[str, str, str], ...] = ()
    rules: str = IPTABLES
    ended: tuple[str, ...] = ()


A, B = "kind-worker", "kind-worker2"  # the nodes of pods a and b
C = "kind-control-plane"  # that of coredns
FAR = (("coredns", "b"),)
of_vxlan = partial(Story, plugin="flannel", mode="vxlan")
of_sleeve = partial(Story, plugin="weave", mode="sleeve")

FLUSHED = (("a", "web", "tcp"), ("a", "web", "connections"))
OTHERS, ALL = "10.244.2.0/24", "10.244.0.0/16"  # the range of B, and that of all pods
ROUTES = {"vxlan": OTHERS, "host-gw": OTHERS, "wireguard": ALL, "udp": ALL, "ipip": OTHERS}
"""A route of flanneld's that leads to B, by Flannel's mode."""
RECORDED = {"vxlan": "vxlan-repair", "host-gw": "host-gw-repair"}
"""Where the loss of a route was recorded."""


def _survived(mode: str) -> Iterator[Story]:
    """Yield a mode of Flannel's rows of *What survives what*."""
    of_mode, route = partial(Story, plugin="flannel", mode=mode), f"0.5 route-del {A} {ROUTES[mode]}"
    yield of_mode(
        f"{mode}-flanneld-killed", "flanneld is killed and stays away", (f"0 kill {A}",), 60, event="killed"
    )
    stopped = f"0 stop {A}", f"14.4 start {A}"
    yield of_mode(f"{mode}-flanneld-stopped", "flanneld is stopped cleanly", stopped, 25, event="stopped")
    killed = f"0 kill {A}", f"1 start {A}"
    yield of_mode(
        f"{mode}-flanneld-killed-briefly",
        "flanneld is killed and started again",
        killed,
        15,
        event="restarted",
    )
    for event, seconds in (("link-cut", 60), ("link-cut-longer", 275)):
        wire = f"0 cut {B}", f"{seconds} mend {B}"
        yield of_mode(
            f"{mode}-{event}", f"A node's wire is cut for {seconds} seconds", wire, seconds + 25, event=event
        )
    deleted = "A Node object is deleted, the machine runs on"
    yield of_mode(f"{mode}-node-deleted", deleted, (f"0 delete {B}",), 15, event="node-deleted")
    title, like = "A route of flanneld's is deleted by hand", RECORDED.get(mode, "")
    yield of_mode(f"{mode}-route-deleted", title, (route,), 30, like=like, event="route-deleted")


def _survived_by_felix(mode: str) -> Iterator[Story]:
    """Yield the rows of a mode of Calico's in which Felix writes the routes of blocks."""
    of_mode = partial(Story, plugin="calico", mode=mode)
    yield of_mode(
        f"calico-{mode}-felix-killed",
        "Felix is killed and stays away",
        (f"0 felix-ends {A}",),
        60,
        event="killed",
    )
    for event, seconds, how in (("stopped", 14.4, "stopped"), ("restarted", 1, "killed and started again")):
        deeds = f"0 felix-ends {A}", f"{seconds} felix-starts {A}"
        yield of_mode(f"calico-{mode}-felix-{event}", f"Felix is {how}", deeds, 25, event=event)
    for event, seconds in (("link-cut", 60), ("link-cut-longer", 275)):
        wire = f"0 cut {B}", f"{seconds} mend {B}"
        title = f"A node's wire is cut for {seconds} seconds"
        yield of_mode(f"calico-{mode}-{event}", title, wire, seconds + 25, event=event)
    deleted = "A Node object is deleted, the machine runs on"
    yield of_mode(f"calico-{mode}-node-deleted", deleted, (f"0 delete {B}",), 15, event="node-deleted")
    pod = f"0 felix-ends {B}", "1 pod b2", f"10 felix-starts {B}"
    yield of_mode(
        f"calico-{mode}-pod-starts",
        "A pod starts while Felix is down",
        pod,
        15,
        (("a", "b2"),),
        event="pod-starts",
    )
    route = (f"0.5 route-del {A} 10.244.110.128/26",)
    yield of_mode(
        f"calico-{mode}-route-deleted",
        "A route of Felix's is deleted by hand",
        route,
        100,
        event="route-deleted",
    )


def _survived_by_weave(mode: str) -> Iterator[Story]:
    """Yield a mode of Weave Net's rows of *What survives what*."""
    of_mode = partial(Story, plugin="weave", mode=mode)
    yield of_mode(
        f"{mode}-weaver-killed", "weaver is killed and stays away", (f"0 kill {B}",), 60, event="killed"
    )
    stopped = f"0 stop {B}", f"14.4 start {B}"
    yield of_mode(f"{mode}-weaver-stopped", "weaver is stopped cleanly", stopped, 30, event="stopped")
    killed = f"0 kill {B}", f"1 start {B}"
    yield of_mode(
        f"{mode}-weaver-killed-briefly", "weaver is killed and started again", killed, 20, event="restarted"
    )
    for event, seconds in (("link-cut", 60), ("link-cut-longer", 275)):
        wire = f"0 cut {B}", f"{seconds} mend {B}"
        yield of_mode(
            f"{mode}-{event}", f"A node's wire is cut for {seconds} seconds", wire, seconds + 60, event=event
        )


STORIES = (
    Story("bird-killed", "BIRD is killed and does not come back for a while", (f"0 kill {B}", f"134.2 start {B}"), 160, like="40", event="killed"),
    Story("bird-killed-briefly", "BIRD is killed and started again after a second", (f"0 kill {B}", f"1 start {B}"), 15, like="41", event="restarted"),
    Story("bird-stopped", "BIRD is stopped cleanly", (f"0 stop {B}", f"14.4 start {B}"), 25, like="42", event="stopped"),
    Story("mesh-off", "The node-to-node mesh is switched off", ("0 mesh off", "14.2 mesh on"), 25, like="44"),
    Story("link-cut", "A node's wire is cut for longer than the hold time", (f"0 cut {B}", f"275 mend {B}"), 300, like="45", event="link-cut-longer"),
    Story("link-cut-briefly", "A node's wire is cut for a minute", (f"0 cut {B}", f"60 mend {B}"), 120, like="55", event="link-cut"),
    Story("felix-writes", "Felix, not BIRD, writes the routes of blocks", ("0 bird-writes off", "16 felix-writes", f"45.7 stop {B}", f"55.8 start {B}"), 65, like="46"),
    Story("reflector", "A node becomes a route reflector before anybody peers with it", ("0 reflector kind-control-plane", "8.3 peering", "20.8 mesh off"), 35, like="50"),
    Story("reflector-peers-first", "The peering is made first, then the reflector", ("0 peering", "8.1 reflector kind-control-plane", "18.2 mesh off"), 30),
    Story("node-deleted", "A Node object is deleted, the machine runs on", (f"0 delete {B}",), 15, like="54", event="node-deleted"),
    Story("service-announced", "A router is told of Services: the endpoint of one moves, then goes", ("0 router-peers", "0 service-range on", "6 endpoint-replaced shop b a", "12 endpoint-gone shop a"), 18, (("internet", "shop"),)),
    Story("node-joins-calico", "A node joins the cluster, and its first pods start", (f"1 join {B}",), 15, (("a", "b"), ("b", "a"))),
    Story("pod-starts", "A pod starts: it is announced alone for a tenth of a second", ("0 pod b2",), 5, (("a", "b2"),), like="11"),
    Story("pod-starts-without-felix", "A pod starts while Felix is down", (f"0 felix-ends {B}", "1 pod b2", f"10 felix-starts {B}"), 15, (("a", "b2"),), event="pod-starts"),
    Story("pod-ends", "A pod ends: its route goes with its device, and nobody is told", ("0 pod-ends b2",), 5, (("a", "b2"),), like="12"),
    Story("route-deleted", "A route of BIRD's is deleted by hand", ("0.5 route-del kind-worker 10.244.110.128/26",), 6, like="58", event="route-deleted"),
    Story("restart-with-a-dead-peer", "BIRD starts with -R while a peer cannot come", (f"0 cut {B}", "2 kill kind-worker", "3 start kind-worker", f"17 mend {B}"), 25, (("a", "coredns"),), like="57"),
    Story("block-borrowed", "No block is free, and a node whose own is full borrows an address", (
        "0 add kind-worker one", f"0.5 add {B} two", "2 fill kind-worker 24", f"3 fill {B} 3", f"10 add {B} late", "15 del one",
        "16 add kind-worker next"), 25, (("one", "late"), ("one", "two"))),
    Story("pool-exhausted", "The pool has no address left, or affinity is strict", (
        "0 add kind-worker one", f"0.5 add {B} two", "1 fill kind-worker 25", f"2 fill {B} 3", "3 strict on", f"4 add {B} three", "5 strict off",
        f"6 add {B} three", "7 fill kind-control-plane 1", f"8 add {B} four"), 15, (("one", "three"),)),
    of_vxlan("endpoint-replaced", "The only endpoint of a Service is replaced while clients are at it", ("1.5 endpoint-replaced web b b2",), 6, (), "40", flows=(("a", "web", "udp"), ("a", "web", "tcp"), ("a", "web", "connections"))),
    of_vxlan("endpoint-replaced-nftables", "The only endpoint of a Service is replaced, with kube-proxy's rules of nftables", ("1.5 endpoint-replaced web b b2",), 6, (), "40", rules=NFTABLES, flows=(("a", "web", "udp"), ("a", "web", "tcp"), ("a", "web", "connections"))),
    of_vxlan("last-endpoint-gone", "The last endpoint goes, another comes later", ("1 endpoint-gone web b", "5 endpoint-ready web b2"), 8, (), "41", flows=(("a", "web", "udp"), ("a", "web", "tcp"), ("a", "web", "connections"))),
    of_vxlan("endpoint-terminating", "The only endpoint terminates: first it still serves, then no longer", ("1 endpoint-terminating web b", "5 endpoint-not-serving web b", "9 endpoint-gone web b"), 12, (), "46", flows=(("a", "web", "connections"), ("a", "web", "udp"))),
    of_vxlan("affinity-endpoint-gone", "A client's endpoint is gone for a while", ("0 affinity web on", "2 endpoint-ready web a2", "5 endpoint-gone web b", "9 endpoint-ready web b"), 12, (), "43", flows=(("a", "web", "connections"),)),
    of_vxlan("kube-proxy-dead", "kube-proxy on the client's node is dead while the endpoint is replaced", (f"0 kube-proxy-kill {A}", "1 endpoint-replaced web b b2", f"6 kube-proxy-start {A}"), 9, (), flows=(("a", "web", "connections"), ("a", "web", "udp"))),
    of_vxlan("kube-proxy-flushed", "kube-proxy's rules are deleted: it misses its canary within half a minute", (f"1 kube-proxy-flush {A}",), 15, (), flows=FLUSHED),
    of_vxlan("kube-proxy-flushed-nftables", "kube-proxy's table of nftables is deleted: nobody misses it before an endpoint changes", (f"1 kube-proxy-flush {A}", "20 endpoint-replaced web b b2"), 55, (), rules=NFTABLES, flows=FLUSHED),
    of_vxlan("flanneld-repairs", "A route and a rule of flanneld's are deleted, then its device; it is started again", (f"0 route-del {A} 10.244.2.0/24", f"0 rule-del {A} FLANNEL-POSTRTG 2", f"16 tunnel-del {A}", f"28.2 stop {A}", f"29.2 start {A}"), 34, (("a", "b"), ("a", "coredns")), "vxlan-repair"),
    of_vxlan("tunnel-made-anew", "flannel.1 is deleted: the device comes back, its entries do not", (f"1 tunnel-del {A}", f"20 stop {A}", f"21 start {A}"), 25),
    of_vxlan("flanneld-dead", "flanneld is dead while a node is deleted and comes again", (f"0 kill {A}", f"2 delete {B}", f"4 register {B}", f"6 stop {B}", f"7 start {B}", f"12 start {A}"), 16, (("a", "b"), ("coredns", "b"))),
    of_vxlan("node-joins", "A node joins the cluster", (f"1 join {B}",), 5),
    of_vxlan("node-elsewhere", "A node is deleted and gets another podCIDR", (f"1 delete {B}", f"3 register-elsewhere {B}", f"5 stop {B}", f"6 start {B}"), 10),
    *(each for mode in ROUTES for each in _survived(mode)),
    *(each for mode in ("ipip", "vxlan") for each in _survived_by_felix(mode)),
    Story("calico-ipip-bird-stopped", "BIRD is stopped where Felix writes the routes: no table changes", (f"0 stop {B}", f"14.4 start {B}"), 25, like="70", mode="ipip"),
    *_survived_by_weave("sleeve"),
    *_survived_by_weave("fastdp"),
    of_sleeve("weave-starts", "Three routers start, one after another: two share the range, the third asks", (f"0 start {C}", f"2.6 start {A}", f"5.6 start {B}", "19 pod coredns", "20.4 pod a", "21.9 pod b"), 40, FAR, like="1-n3-started", ended=(C, A, B)),
    of_sleeve("weave-pod-starts", "A pod starts: its address is the next of the node's part", ("0 pod b2",), 5, (("a", "b2"),), like="2-pods-up"),
    of_sleeve("weave-link-cut", "A link is cut: nobody notices, then frames go by a third peer", (f"0 cut {C} {B}", f"75 mend {C} {B}"), 95, FAR, like="4-link-n1-n3-cut"),
    of_sleeve("weave-wire-cut", "A node's wire is cut: there is no way around", (f"0 cut {B}", f"75 mend {B}"), 110, FAR),
    of_sleeve("weave-peer-stops", "A router stops: its pods are cut off from other nodes' at once", (f"0 stop {B}", f"12 start {B}"), 20, (*FAR, ("b", "b2")), like="6-n3-stopped"),
    of_sleeve("weave-peer-removed", "A peer is removed, and comes back with its old data: everybody refuses it", (f"0 stop {B}", f"8.4 rmpeer {C} {B}", f"11.6 start {B}", "17 pod b2"), 25, (*FAR, ("b", "b2")), like="8-n3-back-with-old-data"),
    of_sleeve("weave-peer-removed-boots", "A peer is removed, and its node boots with its data deleted: it asks for a part anew", (f"0 stop {B}", f"8.4 rmpeer {C} {B}", f"60 start-afresh {B}", "62 pod b"), 70, FAR),
    of_sleeve("weave-node-deleted", "A Node object is deleted: one of the others reclaims its addresses, once", (f"0 stop {B}", f"2 delete {B}"), 15, FAR, like="3-node-n3-deleted"),
    of_sleeve("weave-range-full", "A node has given all its addresses away: a pod waits for a gift", (f"0 fill {A}", "1 pod a2"), 5, (("a2", "b"),)),
)  # fmt: skip
"""Those of the recordings, with the canonical cluster's names, and a few beside them."""


def story(name: str) -> Story:
    """Return a story by name; BadInput for one that there is not."""
    return chosen("story", name, STORIES)


def told(found: Story) -> tuple[Timeline, Network]:
    """Return what happens in a story, and the cluster in which it does."""
    deeds = read(found.deeds)
    net = cluster(found.plugin, found.mode, deeds, found.rules)
    return timeline(net, deeds, found.until * SECOND, found.title, ended=frozenset(found.ended)), net
