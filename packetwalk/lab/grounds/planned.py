"""What the grounds made from a plan have in common: mode, faults, manifests, names."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path

from packetwalk.capture.output import Lines
from packetwalk.capture.recording import Probe
from packetwalk.lab import manifests
from packetwalk.lab.grounds import policies
from packetwalk.lab.grounds.ground import Ground
from packetwalk.lab.plugins import plugin_slice
from packetwalk.plan import cluster
from packetwalk.plan.cluster import INTERNET, ROUTER
from packetwalk.plan.rules import IPTABLES
from packetwalk.trace.packet import Packet
from packetwalk.walks.network import Network


class Planned(Ground):
    """A canonical cluster whose tables come from its plugin's plan."""

    _services: Mapping[str, tuple[str, int]] = {}
    """Address and first port of each Service that somebody made, by name."""

    def __init__(self, plugin: str, mode: str, rules: str = IPTABLES) -> None:
        self.plugin, self._rules = plugin, rules
        installed = plugin_slice(plugin).installation
        self._release = installed.release if installed else None
        self._fault: str | None = None
        self._settings = manifests.Settings()
        self._others: cluster.Cluster | None = None
        self._make(mode, None, self._settings)

    @abstractmethod
    def _bring_up(self, network: Network, settings: manifests.Settings) -> None:
        """Make what is there equal to this network, and nothing else; ``settings`` are in the network already."""

    def _machines(self, mode: str) -> cluster.Cluster:
        """Return the machines for a mode."""
        return self._others or cluster.Cluster()

    def _make(
        self, mode: str, fault: str | None, settings: manifests.Settings, *, noticed: bool = False
    ) -> None:
        """Bring up anew; if that fails, all stays as it was."""
        changed = manifests.change(settings)
        network = Network(
            self._machines(mode),
            self.plugin,
            mode,
            fault,
            changed,
            rules=self._rules,
            release=self._release,
            policies=policies.collected(settings.policies),
        )
        network = network.noticed() if noticed else network
        self._bring_up(network, settings)
        self.deeds.clear()
        self.mode, self._fault, self._settings, self.network = mode, fault, settings, network
        self.nodes = tuple(node.name for node in network.nodes)
        self.pods = tuple(pod.name for pod in network.pods)
        self.services = tuple(service.name for service in network.cluster.services)

    def find(self, name: str) -> str | None:
        """Return an address by name, as ``Ground.find``."""
        if name in self._services:
            return self._services[name][0]
        if name in (*self.nodes, *self.pods, *self.services, INTERNET, ROUTER):
            return self.network.end(name).address
        return None

    def _goal(self, dst: str, proto: str) -> str:
        """Return where a packet goes as the plan knows it: a Service that somebody made is an address to it."""
        name, _, port = dst.partition(":")
        if name not in self._services or name in {each.name for each in self.network.cluster.services}:
            return dst
        address, first = self._services[name]
        return address if proto == "icmp" else f"{address}:{port or first}"

    def probe(self, src: str, dst: str, packet: Packet) -> Probe:
        """Return a packet with its addresses and port; BadInput for ends that are nowhere."""
        run = self.network.send(src, dst, packet)
        flow, name = run.traces[0].flow, f"{src}-{dst}-{packet.proto}".replace(":", "-")
        return Probe(name, run.client, flow.dst, flow.dport or 0, packet)

    @property
    def about(self) -> dict[str, str]:
        """What a recording says of its origin."""
        form = {} if self._rules == IPTABLES else {"rules": self._rules}
        form |= {"release": self._release} if self._release else {}
        return {"plugin": self.plugin, "mode": self.mode, "underlay": self.network.cluster.underlay, **form}

    def apply(self, manifest: str | Path) -> list[str]:
        """Apply documents as if the plugin and all pods had started again afterwards."""
        text = manifests.text_of(manifest)
        kept = policies.applied(self._settings.policies, policies.read(text))
        readers, before = plugin_slice(self.plugin).readers, self._settings._replace(policies=kept)
        asked = manifests.read(
            manifest, self.plugin, readers, self.mode, before, policies.is_about_policies
        )
        governs = kept != self._settings.policies
        if (asked.mode, asked.settings) != (self.mode, self._settings):
            self._make(asked.mode, self._fault, asked.settings)
        self.applied.append(text)
        return Lines([*asked.lines, *(self.network.estate.notes if governs and self.network.estate else ())])

    def delete(self, manifest: str | Path) -> list[str]:
        """Take policies away, and what was said of pods, by their names."""
        before, read = self._settings.policies, policies.read(manifests.text_of(manifest))
        kept = policies.deleted(before, read)
        if kept != before:
            self._make(self.mode, self._fault, self._settings._replace(policies=kept))
        return Lines(policies.gone(before, read))

    def use(self, mode: str) -> None:
        """Start anew with another mode; what was applied or broken is gone."""
        self._make(self.network.plugin.mode(mode).name, None, manifests.Settings())
        self.applied.clear()

    def fault(self, name: str) -> None:
        """Start anew with something broken."""
        self._make(self.mode, name, self._settings)

    def start_on(self, machines: cluster.Cluster, own: manifests.Own | None) -> None:
        """Start anew on other machines, with a change of their plans that has no name, or with none."""
        self._others = machines
        self._make(self.mode, None, manifests.Settings(own=own))

    def settle(self) -> None:
        """Start anew as the plugin leaves things when it has noticed the fault; at once, no time passes."""
        if self.network.noticed() is not self.network:
            self._make(self.mode, self._fault, self._settings, noticed=True)

    def mend(self) -> None:
        """Start anew with nothing broken; what was applied stays."""
        self._make(self.mode, None, self._settings)
