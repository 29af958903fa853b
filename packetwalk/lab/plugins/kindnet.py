"""kindnet in a lab: kind brings it, and the CNI plugins ptp and host-local attach the pods themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packetwalk.cni.kindnet import ARP_IGNORE, CNI
from packetwalk.errors import LabError
from packetwalk.lab.kernel.programs.attached import STATE, CniPlugins
from packetwalk.lab.kernel.programs.runtime import VERSION
from packetwalk.lab.kind.faults import (
    RECEIVER,
    SENDER,
    Make,
    Reachable,
    UndoableCommand,
    listed,
    step,
    switched_off,
)
from packetwalk.lab.kind.installation import Installation
from packetwalk.lab.kind.pins import Image
from packetwalk.plan.cluster import Node
from packetwalk.walks.network import Network


def _missing_route(reach: Reachable) -> list[UndoableCommand]:
    """Take the sender's route to the receiver's pods; kindnetd puts it back after ten seconds at most."""
    home = reach.nodes[RECEIVER]
    nets = [each["dst"] for each in listed(reach, f"ip -j route show via {home}")]
    if not nets:
        raise LabError(f"{SENDER}: there is no route to {RECEIVER} already")
    line = f"ip route %s {nets[0]} via {home}"
    return [step(SENDER, line % "del", line % "replace")]


class Kindnet(Installation):
    """What kind v0.31.0 installs by itself: the manifest and the image are in its node image."""

    plugin, version = "kindnet", "v20251212-v0.29.0-alpha-105-g20ccfc88"
    daemonset = "kube-system/kindnet"
    images: tuple[Image, ...] = ()
    notices = 10.0  # kindnetd looks at its routes every ten seconds (cmd/kindnetd/main.go)
    modes: Mapping[str, tuple[str, ...]] = {"ptp": ()}
    faults: Mapping[str, Make] = {
        "missing-route": _missing_route,
        "forward-policy-drop": lambda _: [
            step(SENDER, "iptables -w -P FORWARD DROP", "iptables -w -P FORWARD ACCEPT")
        ],
        "ip-forward-off": switched_off("net.ipv4.ip_forward", SENDER),
        "arp-ignore": lambda _: [step(SENDER, f"sysctl -w {ARP_IGNORE}=2", f"sysctl -w {ARP_IGNORE}=0")],
    }


class Ptp(CniPlugins):
    """ptp and host-local on all nodes, with portmap behind them, which no pod here needs."""

    plugins, by, modes, routed = ("host-local", "portmap", "ptp"), CNI, ("ptp",), True

    def configuration(self, network: Network, node: Node) -> dict[str, Any]:
        """Return what kindnetd writes into 10-kindnet.conflist (cmd/kindnetd/cni.go ``cniConfigTemplate``).

        The folder of host-local's state is the lab's own.
        """
        return {
            "cniVersion": VERSION,
            "name": "kindnet",
            "type": "ptp",
            "ipMasq": False,
            "ipam": {
                "type": "host-local",
                "dataDir": STATE,
                "routes": [{"dst": "0.0.0.0/0"}],
                "ranges": [[{"subnet": str(network.cluster.pod_cidr(node))}]],
            },
            "mtu": network.mode.pod_mtu(network.cluster.mtu),
        }


KIND, WRITERS = Kindnet(), (Ptp(),)
