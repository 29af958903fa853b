"""How kind gets a plugin: its release, what chooses a mode, what a node lacks for it, what can be broken."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from packetwalk.cni import plugin as find_plugin
from packetwalk.lab.kind import pins
from packetwalk.lab.kind.faults import Make
from packetwalk.plan.cluster import Cluster as Canonical

if TYPE_CHECKING:
    from packetwalk.lab.kind.running.cluster import KindCluster
    from packetwalk.lab.kind.running.reach import Reach

CONFIGURATION = Path(__file__).parent / "cluster.yaml"
Document = dict[str, Any]


class Installation:
    """A plugin on kind, as its file in ``packetwalk.lab.plugins`` says.

    ``daemonset`` is NAMESPACE/NAME of what runs on each node; without a ``manifest`` kind installs it by
    itself.  ``release`` is the plan's that it installs, where that is not the newest: labs are of it on every
    ground.  ``modes`` gives for each mode that can be had the kernel modules without which it does not work,
    or is another one.  ``notices`` are the seconds until the plugin has acted on a change.  ``faults`` are
    what can be broken, by the names that the model gives them.
    """

    plugin: str
    version: str
    release: str | None = None
    daemonset: str
    manifest: pins.File | None = None
    images: tuple[pins.Image, ...] = ()
    modes: Mapping[str, tuple[str, ...]]
    notices: float
    faults: Mapping[str, Make]

    def configuration(self) -> str:
        """Return kind's configuration of its cluster: three nodes with the pod network of the book."""
        node = pins.node()
        return Template(CONFIGURATION.read_text()).substitute(
            plugin=self.plugin,
            own_plugin=str(self.manifest is not None).lower(),
            pod_network=find_plugin(self.plugin).pod_network(Canonical()),
            image=f"{node.image}@{node.digest}",
        )

    def choose(self, resource: Document, mode: str) -> bool:
        """Change a resource of the manifest so that it chooses a mode; say whether it is one that does."""
        return False

    def beside(self, mode: str, password: str) -> list[Document]:
        """Return the resources that a mode needs beside the manifest."""
        return []

    def files(self, architecture: str) -> tuple[pins.File, ...]:
        """Return what is downloaded, for the engine's architecture: the manifest, if there is one."""
        return (self.manifest,) if self.manifest else ()

    def programs(self, architecture: str) -> Mapping[str, Path]:
        """Return the programs that a node lacks: where each one goes, and where it is here."""
        return {}

    def stored(self, text: str) -> str:
        """Return documents in the API in which the cluster keeps them."""
        return text

    def makes_pods_anew(self, text: str) -> bool:
        """Say whether pods must be made again before these documents hold for them."""
        return False

    def wait(self) -> None:
        """Wait until the plugin has noticed a change and acted."""
        time.sleep(self.notices)

    def take_up(self, text: str, cluster: KindCluster, reach: Reach) -> None:
        """Let the plugin act on documents that were applied."""

    def switch(self, mode: str, cluster: KindCluster, reach: Reach) -> None:
        """Do what another mode needs beyond the manifest, which was applied."""
