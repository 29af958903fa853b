"""Answers that are not walks: the tables of a node, and the MTU of a mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packetwalk.cni import plugin as find_plugin
from packetwalk.errors import BadInput
from packetwalk.plan.cluster import INTERNET, ROUTER, Cluster
from packetwalk.plan.rules import IPTABLES
from packetwalk.walks.network import Network
from packetwalk.walks.scenario import network
from packetwalk.walks.text import netns_tables

if TYPE_CHECKING:
    from packetwalk.policy.manifests.collected import Collected


class Tables:
    """The tables of namespaces; ``repr`` is what the tools print, ``to_json`` their ``-j`` form."""

    def __init__(self, built: Network, node: str | None) -> None:
        self.network = built
        names = [node.name for node in self.network.nodes]
        pods = [pod.name for pod in self.network.pods]
        every = [*names, *pods, ROUTER, INTERNET]
        if node is not None and node not in every and not self.network.cluster.find_pod(node):
            raise BadInput("node or pod", node, every)
        self.names = [*names, *pods] if node is None else [node]

    def to_json(self) -> dict:
        """Return ``{netns: {"link": [...], "addr": [...], ..., "iptables": text}}``."""
        return {name: self.network.fabric.netns(name).json() for name in self.names}

    def __repr__(self) -> str:
        return "\n".join(netns_tables(self.network.fabric.netns(name)) for name in self.names)


class Mtu:
    """What a mode adds to a packet and what is left for the pod, in bytes."""

    def __init__(self, plugin: str, mode: str | None, underlay: int) -> None:
        found = find_plugin(plugin)
        self.plugin, self.mode = found, found.mode(mode)
        if not isinstance(underlay, int) or not 576 <= underlay <= 65535:
            raise BadInput("underlay MTU in bytes", underlay, ["576 to 65535"])
        self.underlay = underlay
        instead = self.mode.instead(underlay)
        self.carrier = found.mode(instead) if instead else self.mode

    def to_json(self) -> dict:
        """Return overhead by header, the pod's MTU and the largest payloads, in bytes."""
        pod = self.mode.pod_mtu(self.underlay)
        fits = min(pod, self.carrier.fits(self.underlay))
        overhead = dict(self.carrier.overhead)
        return {
            "plugin": self.plugin.name,
            "mode": self.mode.name,
            "underlay": self.underlay,
            "overhead": overhead,
            "overhead_total": sum(overhead.values()),
            "pod_mtu": pod,
            "fits": fits,
            "carrier": self.carrier.name,
            "largest_ping": fits - 28,
            "largest_udp": fits - 28,
            "tcp_mss": pod - 40,
        }

    def __repr__(self) -> str:
        data = self.to_json()
        lines = [
            (
                f"{self.plugin.title} {self.mode.name} over an underlay of {self.underlay} bytes"
                f"   [{self.plugin.version}]"
            )
        ]
        if self.carrier is not self.mode:
            lines.append(
                f"  The longest frames of {self.mode.name} do not fit: {self.carrier.name} carries them."
            )
        lines += [f"  {name:<18}{size:>6}" for name, size in self.carrier.overhead]
        lines += [
            f"  {'together':<18}{data['overhead_total']:>6}",
            f"  {'MTU of the pod':<18}{data['pod_mtu']:>6}",
        ]
        if data["fits"] != data["pod_mtu"]:
            lines.append(f"  {'fits in one piece':<18}{data['fits']:>6}")
        lines += [
            f"  {'largest ping data':<18}{data['largest_ping']:>6}   (IP 20 and ICMP 8 less)",
            f"  {'TCP MSS':<18}{data['tcp_mss']:>6}   (IP 20 and TCP 20 less)",
        ]
        return "\n".join(lines)


def tables(
    plugin: str,
    mode: str | None = None,
    node: str | None = None,
    rules: str = IPTABLES,
    release: str | None = None,
    policies: Collected | None = None,
    ipv6: bool = False,
) -> Tables:
    """Return the tables of one node or pod, or of all, in the canonical cluster.

    ``rules`` is the form of its rules, ``release`` the plugin's, the newest when None; ``policies`` are what
    ``policy.gather`` has read; ``ipv6`` gives the cluster both families.
    """
    if ipv6 and (policies or rules != IPTABLES):
        raise BadInput("with IPv6", "policies or nftables", ["neither: not known here yet"])
    if policies is None:
        return Tables(network(plugin, mode, rules=rules, release=release, ipv6=ipv6), node)
    return Tables(Network(Cluster(), plugin, mode, rules=rules, release=release, policies=policies), node)


def mtu(plugin: str, mode: str | None = None, underlay: int = 1500) -> Mtu:
    """Return what a mode adds to each packet and what MTU is left for pods."""
    return Mtu(plugin, mode, underlay)
