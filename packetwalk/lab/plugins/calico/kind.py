"""Calico v3.32.1 on kind: its released manifest, what chooses a mode, what can be broken."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from packetwalk.lab.kind.faults import RECEIVER, Make, dropped, no_default_route
from packetwalk.lab.kind.installation import Document, Installation
from packetwalk.lab.kind.manifest import set_variable
from packetwalk.lab.kind.pins import File, Image

if TYPE_CHECKING:
    from packetwalk.lab.kind.running.cluster import KindCluster
    from packetwalk.lab.kind.running.reach import Reach

OWN_API, STORED_API = "projectcalico.org/v3", "crd.projectcalico.org/v1"
POD_NETWORK = "10.244.0.0/16"
POOLS: Mapping[str, tuple[str, str]] = {
    "ipip": ("Always", "Never"),
    "ipip-crosssubnet": ("CrossSubnet", "Never"),
    "vxlan": ("Never", "Always"),
    "vxlan-crosssubnet": ("Never", "CrossSubnet"),
    "bgp": ("Never", "Never"),
    "wireguard": ("Always", "Never"),
}
"""A mode to ipipMode and vxlanMode of the pool; WireGuard is a switch of Felix on top of a pool's mode."""


class Calico(Installation):
    """The manifest ``calico.yaml`` of the release."""

    plugin, version, release = "calico", "v3.32.1", "3.32"
    daemonset = "kube-system/calico-node"
    manifest = File(
        "https://raw.githubusercontent.com/projectcalico/calico/v3.32.1/manifests/calico.yaml",
        "a1df919d9721cf667accdc3e72848911b0cb25cfab7d2478ad0c996302c95744",
    )
    images = (
        Image("quay.io/calico/cni:v3.32.1", None),
        Image("quay.io/calico/node:v3.32.1", None),
        Image("quay.io/calico/kube-controllers:v3.32.1", None),
    )
    notices = 30.0  # the agents watch their resources, and BGP sessions need a little longer
    modes: Mapping[str, tuple[str, ...]] = {
        "ipip": ("ipip",),
        "ipip-crosssubnet": ("ipip",),
        "vxlan": ("vxlan",),
        "vxlan-crosssubnet": ("vxlan",),
        "bgp": (),
        "wireguard": ("ipip", "wireguard"),
    }
    faults: Mapping[str, Make] = {
        "ipip-blocked": dropped(RECEIVER, "-p ipencap", "PREROUTING", "raw"),
        "vxlan-blocked": dropped(RECEIVER, "-p udp -m udp --dport 4789", "PREROUTING", "raw"),
        "wireguard-blocked": dropped(RECEIVER, "-p udp -m udp --dport 51820", "PREROUTING", "raw"),
        "no-default-route": no_default_route,
    }

    def choose(self, resource: Document, mode: str) -> bool:
        """Set the environment from which calico-node makes its first pool."""
        if resource["kind"] != "DaemonSet" or resource["metadata"]["name"] != "calico-node":
            return False
        ipip, vxlan = POOLS[mode]
        values = {
            "CALICO_IPV4POOL_CIDR": POD_NETWORK,
            "CALICO_IPV4POOL_IPIP": ipip,
            "CALICO_IPV4POOL_VXLAN": vxlan,
        }
        if mode == "wireguard":  # else unset: Felix takes its environment before any FelixConfiguration
            values["FELIX_WIREGUARDENABLED"] = "true"
        for container in resource["spec"]["template"]["spec"]["containers"]:
            for name, value in values.items():
                set_variable(container, {"name": name, "value": value})
        return True

    def stored(self, text: str) -> str:
        """Return resources of its own API as the manifest's custom resources, whose fields are the same."""
        return text.replace(f"apiVersion: {OWN_API}", f"apiVersion: {STORED_API}")

    def makes_pods_anew(self, text: str) -> bool:
        """Say whether a pool or Felix's settings change: pods get what these say only when they are made."""
        return bool(re.search(r"^kind: (IPPool|FelixConfiguration)\b", text, re.MULTILINE))

    def take_up(self, text: str, cluster: KindCluster, reach: Reach) -> None:
        """Wait until the agents have acted."""
        self.wait()

    def switch(self, mode: str, cluster: KindCluster, reach: Reach) -> None:
        """Change the pool that is there: the environment is read only for the first."""
        ipip, vxlan = POOLS[mode]
        change = f'{{"spec": {{"ipipMode": "{ipip}", "vxlanMode": "{vxlan}"}}}}'
        pool = "ippools.crd.projectcalico.org"
        cluster.kubectl("patch", pool, "default-ipv4-ippool", "--type", "merge", "--patch", change)


KIND = Calico()
