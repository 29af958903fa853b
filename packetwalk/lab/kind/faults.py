"""Faults on a real cluster: what breaks it, and what takes that back; names and places as in the model.

Not all of the model's faults can be had from outside: those that need another history (a node without
a podCIDR, a cni0 of an earlier cluster) are of the model and of namespaces only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from packetwalk.errors import LabError
from packetwalk.lab.kind.reach import Reach

SENDER, RECEIVER = "kind-worker", "kind-worker2"
OTHER_MAC = "02:00:00:00:00:99"


class Step(NamedTuple):
    """A command on a node and the one that undoes it."""

    node: str
    do: tuple[str, ...]
    undo: tuple[str, ...]


Make = Callable[[Reach], list[Step]]


def _words(line: str) -> tuple[str, ...]:
    return tuple(line.split())


def _dropped(node: str, match: str, chain: str = "INPUT", table: str = "filter") -> Make:
    def make(_: Reach) -> list[Step]:
        rule = f"iptables -w -t {table} %s {chain} {match} -j DROP"
        return [Step(node, _words(rule % "-I"), _words(rule % "-D"))]

    return make


def _sysctl(node: str, key: str) -> Make:
    return lambda _: [Step(node, ("sysctl", "-w", f"{key}=0"), ("sysctl", "-w", f"{key}=1"))]


def _listed(reach: Reach, line: str, node: str = SENDER) -> list[dict[str, Any]]:
    answer = reach.run(node, line.split())
    if answer.code != 0:
        raise LabError(f"{node}: {line}: {(answer.splitlines() or ['failed'])[0]}")
    return json.loads(answer)


def _peer(reach: Reach) -> tuple[str, str, str]:
    """Return the receiver's MAC and address on flannel.1, and its pods' network, as the sender knows them."""
    home = reach.nodes[RECEIVER]
    macs = [e["mac"] for e in _listed(reach, "bridge -j fdb show dev flannel.1") if e.get("dst") == home]
    near = [e["dst"] for e in _listed(reach, "ip -j neigh show dev flannel.1") if e.get("lladdr") in macs]
    nets = [e["dst"] for e in _listed(reach, "ip -j route show dev flannel.1") if e.get("gateway") in near]
    if not (macs and near and nets):
        raise LabError(f"{SENDER}: flannel.1 has no entry for {RECEIVER}; is something broken already?")
    return macs[0], near[0], nets[0]


def _missing_fdb(reach: Reach) -> list[Step]:
    mac, home = _peer(reach)[0], reach.nodes[RECEIVER]
    line = f"bridge fdb %s {mac} dev flannel.1 dst {home}"
    return [Step(SENDER, _words(line % "del"), _words(line % "append" + " self permanent"))]


def _missing_neighbour(reach: Reach) -> list[Step]:
    mac, near, _ = _peer(reach)
    back = f"ip neigh replace {near} lladdr {mac} dev flannel.1 nud permanent"
    return [Step(SENDER, _words(f"ip neigh del {near} dev flannel.1"), _words(back))]


def _missing_route(reach: Reach) -> list[Step]:
    _, near, net = _peer(reach)
    line = f"ip route %s {net} via {near} dev flannel.1 onlink"
    return [Step(SENDER, _words(line % "del"), _words(line % "replace"))]


def _other_mac(reach: Reach) -> list[Step]:
    """Change the receiver's MAC, but keep its neighbours: with the MAC the kernel drops those of the device."""
    mac = _peer(reach)[0]
    line = "ip link set dev flannel.1 address "
    near = _listed(reach, "ip -j neigh show dev flannel.1", RECEIVER)
    again = [
        _words(f"ip neigh replace {each['dst']} lladdr {each['lladdr']} dev flannel.1 nud permanent")
        for each in near
        if "lladdr" in each
    ]
    kept = [Step(RECEIVER, words, words) for words in again]
    return [*kept, Step(RECEIVER, _words(line + OTHER_MAC), _words(line + mac)), *kept]


def _underlay(reach: Reach) -> list[Step]:
    line = "ip link set dev eth0 mtu "
    return [Step(node, _words(f"{line}1400"), _words(f"{line}1500")) for node in reach.nodes]


def _no_default(reach: Reach) -> list[Step]:
    found = _listed(reach, "ip -j route show default")
    if not found:
        raise LabError(f"{SENDER}: there is no default route already")
    line = f"ip route %s default via {found[0]['gateway']} dev {found[0]['dev']}"
    return [Step(SENDER, _words(line % "del"), _words(line % "replace"))]


def _wall(reach: Reach) -> list[Step]:
    line = "iptables -w %s INPUT -s %s -j DROP"
    return [
        Step(near, _words(line % ("-I", reach.nodes[far])), _words(line % ("-D", reach.nodes[far])))
        for near, far in ((SENDER, RECEIVER), (RECEIVER, SENDER))
    ]


FLANNEL: Mapping[str, Make] = {
    "missing-fdb": _missing_fdb,
    "missing-neighbour": _missing_neighbour,
    "missing-route": _missing_route,
    "vtep-mac-mismatch": _other_mac,
    "udp-8472-blocked": _dropped(RECEIVER, "-p udp -m udp --dport 8472"),
    "udp-51820-blocked": _dropped(RECEIVER, "-p udp -m udp --dport 51820"),
    "protocol-4-blocked": _dropped(RECEIVER, "-p ipencap"),
    "underlay-mtu-1400": _underlay,
    "br-netfilter-off": lambda reach: [
        step for node in reach.nodes for step in _sysctl(node, "net.bridge.bridge-nf-call-iptables")(reach)
    ],
    "ip-forward-off": _sysctl(SENDER, "net.ipv4.ip_forward"),
    "forward-drop": _dropped(SENDER, "-i cni0", "FORWARD"),
}
CALICO: Mapping[str, Make] = {
    "ipip-blocked": _dropped(RECEIVER, "-p ipencap", "PREROUTING", "raw"),
    "vxlan-blocked": _dropped(RECEIVER, "-p udp -m udp --dport 4789", "PREROUTING", "raw"),
    "wireguard-blocked": _dropped(RECEIVER, "-p udp -m udp --dport 51820", "PREROUTING", "raw"),
    "no-default-route": _no_default,
}
WEAVE: Mapping[str, Make] = {
    "udp-6784-blocked": _dropped(RECEIVER, "-p udp -m udp --dport 6784"),
    "udp-6783-blocked": _dropped(RECEIVER, "-p udp -m udp --dport 6783"),
    "esp-blocked": _dropped(RECEIVER, "-p esp"),
    "underlay-mtu-1400": _underlay,
    "link-cut": _wall,
}
FAULTS: Mapping[str, Mapping[str, Make]] = {"flannel": FLANNEL, "calico": CALICO, "weave": WEAVE}
"""What can be broken on kind, by plugin and by the name that the model gives it."""
