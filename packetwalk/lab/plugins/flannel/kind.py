"""Flannel v0.28.9 on kind: its released manifest, the bridge plugin that a node lacks, what can be broken."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from packetwalk.errors import LabError
from packetwalk.lab.kind.faults import (
    RECEIVER,
    SENDER,
    Make,
    Reachable,
    UndoableCommand,
    dropped,
    listed,
    step,
    switched_off,
    underlay,
)
from packetwalk.lab.kind.installation import Document, Installation
from packetwalk.lab.kind.pins import File, Image
from packetwalk.lab.plugins.flannel import bridge

if TYPE_CHECKING:
    from packetwalk.lab.kind.running.cluster import KindCluster
    from packetwalk.lab.kind.running.reach import Reach

DEVICE, OTHER_MAC = "flannel.1", "02:00:00:00:00:99"
LEFT = ("cni0", DEVICE, "flannel-wg", "flannel.ipip")
"""Devices that stay when flanneld ends; it changes no backend while it runs."""

BACKENDS: Mapping[str, Document] = {
    "vxlan": {"Type": "vxlan"},
    "vxlan-directrouting": {"Type": "vxlan", "DirectRouting": True},
    "host-gw": {"Type": "host-gw"},
    "wireguard": {"Type": "wireguard"},
    "ipip": {"Type": "ipip"},
}
"""A mode to the Backend of net-conf.json (Documentation/backends.md). `udp` needs a privileged pod."""


def _peer(reach: Reachable) -> tuple[str, str, str]:
    """Return the receiver's MAC and address on flannel.1, and its pods' network, as the sender knows them."""
    home = reach.nodes[RECEIVER]
    macs = [e["mac"] for e in listed(reach, f"bridge -j fdb show dev {DEVICE}") if e.get("dst") == home]
    near = [e["dst"] for e in listed(reach, f"ip -j neigh show dev {DEVICE}") if e.get("lladdr") in macs]
    nets = [e["dst"] for e in listed(reach, f"ip -j route show dev {DEVICE}") if e.get("gateway") in near]
    if not (macs and near and nets):
        raise LabError(f"{SENDER}: {DEVICE} has no entry for {RECEIVER}; is something broken already?")
    return macs[0], near[0], nets[0]


def _missing_fdb(reach: Reachable) -> list[UndoableCommand]:
    mac, home = _peer(reach)[0], reach.nodes[RECEIVER]
    line = f"bridge fdb %s {mac} dev {DEVICE} dst {home}"
    return [step(SENDER, line % "del", line % "append" + " self permanent")]


def _missing_neighbour(reach: Reachable) -> list[UndoableCommand]:
    mac, near, _ = _peer(reach)
    back = f"ip neigh replace {near} lladdr {mac} dev {DEVICE} nud permanent"
    return [step(SENDER, f"ip neigh del {near} dev {DEVICE}", back)]


def _missing_route(reach: Reachable) -> list[UndoableCommand]:
    _, near, net = _peer(reach)
    line = f"ip route %s {net} via {near} dev {DEVICE} onlink"
    return [step(SENDER, line % "del", line % "replace")]


def _other_mac(reach: Reachable) -> list[UndoableCommand]:
    """Change the receiver's MAC, but keep its neighbours: with the MAC the kernel drops those of the device."""
    mac, line = _peer(reach)[0], f"ip link set dev {DEVICE} address "
    near = listed(reach, f"ip -j neigh show dev {DEVICE}", RECEIVER)
    again = [
        f"ip neigh replace {each['dst']} lladdr {each['lladdr']} dev {DEVICE} nud permanent"
        for each in near
        if "lladdr" in each
    ]
    kept = [step(RECEIVER, words, words) for words in again]
    return [*kept, step(RECEIVER, line + OTHER_MAC, line + mac), *kept]


class Flannel(Installation):
    """The manifest ``kube-flannel.yml`` of the release."""

    plugin, version = "flannel", "v0.28.9"
    daemonset = "kube-flannel/kube-flannel-ds"
    manifest = File(
        "https://raw.githubusercontent.com/flannel-io/flannel/v0.28.9/Documentation/kube-flannel.yml",
        "e875824be2f552b45711dbda91af81b17eb961d00025d914d9fef18fad8f09c0",
    )
    images = (
        Image("ghcr.io/flannel-io/flannel:v0.28.9", None),
        Image("ghcr.io/flannel-io/flannel-cni-plugin:v1.9.1-flannel3", None),
    )
    notices = 10.0  # a route of host-gw is put back after about 10 s (observed, v0.20.2)
    modes: Mapping[str, tuple[str, ...]] = {
        "vxlan": ("br_netfilter", "vxlan"),
        "vxlan-directrouting": ("br_netfilter", "vxlan"),
        "host-gw": ("br_netfilter",),
        "wireguard": ("br_netfilter", "wireguard"),
        "ipip": ("br_netfilter", "ipip"),
    }
    faults: Mapping[str, Make] = {
        "missing-fdb": _missing_fdb,
        "missing-neighbour": _missing_neighbour,
        "missing-route": _missing_route,
        "vtep-mac-mismatch": _other_mac,
        "udp-8472-blocked": dropped(RECEIVER, "-p udp -m udp --dport 8472"),
        "udp-51820-blocked": dropped(RECEIVER, "-p udp -m udp --dport 51820"),
        "protocol-4-blocked": dropped(RECEIVER, "-p ipencap"),
        "underlay-mtu-1400": underlay,
        "br-netfilter-off": switched_off("net.bridge.bridge-nf-call-iptables"),
        "ip-forward-off": switched_off("net.ipv4.ip_forward", SENDER),
        "forward-drop": dropped(SENDER, "-i cni0", "FORWARD"),
    }

    def choose(self, resource: Document, mode: str) -> bool:
        """Write the backend into the ConfigMap."""
        if resource["kind"] != "ConfigMap" or "net-conf.json" not in resource["data"]:
            return False
        net = json.loads(resource["data"]["net-conf.json"])
        net["Backend"] = BACKENDS[mode]
        resource["data"]["net-conf.json"] = json.dumps(net, indent=2) + "\n"
        return True

    def files(self, architecture: str) -> tuple[File, ...]:
        """Return the manifest and the archive with the bridge plugin."""
        return (*super().files(architecture), bridge.archive(architecture))

    def programs(self, architecture: str) -> Mapping[str, Path]:
        """Return the bridge plugin: kind's nodes lack it."""
        return {"/opt/cni/bin/bridge": bridge.extract(architecture)}

    def makes_pods_anew(self, text: str) -> bool:
        """Say whether its ConfigMap is among the documents."""
        return "kube-flannel-cfg" in text

    def take_up(self, text: str, cluster: KindCluster, reach: Reach) -> None:
        """Start flanneld again where its ConfigMap is among the documents: it reads it only then."""
        if self.makes_pods_anew(text):
            self._restart(cluster, reach)

    def switch(self, mode: str, cluster: KindCluster, reach: Reach) -> None:
        """Start flanneld again."""
        self._restart(cluster, reach)

    def _restart(self, cluster: KindCluster, reach: Reach) -> None:
        for node in reach.nodes:
            for device in LEFT:
                reach.run(node, ["ip", "link", "delete", device])
        namespace, name = self.daemonset.split("/")
        cluster.kubectl("rollout", "restart", f"daemonset/{name}", "--namespace", namespace)


KIND = Flannel()
