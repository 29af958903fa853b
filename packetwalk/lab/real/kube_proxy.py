"""kube-proxy on one machine, in either mode, and how to know that it has written all that it was told."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

from packetwalk.lab.kernel.daemon import Daemon
from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.lab.real.control_plane import ControlPlane
from packetwalk.lab.real.credentials import HOME, put
from packetwalk.lab.real.objects import Object
from packetwalk.lab.real.programs import path_of
from packetwalk.lab.real.waiting import until
from packetwalk.plan.rules import IPTABLES, NFTABLES

CONFIG = HOME / "kube-proxy.json"
MARKER, MARKERS_HOME = "marker", "packetwalk"
MARKERS_ADDRESS, MARKERS_END = "10.96.255.254", "192.0.2.1"
LISTING = {
    IPTABLES: ["iptables-save", "-t", "nat"],
    NFTABLES: ["nft", "list", "table", "ip", "kube-proxy"],
}


def configuration(name: str, cluster_cidr: str, mode: str) -> dict[str, Any]:
    """Return what kube-proxy is told: all by default but names, and what a namespace may not be told.

    ``nf_conntrack_max`` is the whole machine's, so it is left alone. ``minSyncPeriod`` is 50 ms and not 1 s: how
    soon it writes again what has changed again.
    """
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "bindAddress": "0.0.0.0",
        "hostnameOverride": name,
        "clusterCIDR": cluster_cidr,
        "mode": mode,
        "conntrack": {"maxPerCore": 0, "min": 0},
        "iptables": {"minSyncPeriod": "50ms"},
        "nftables": {"minSyncPeriod": "50ms"},
        "healthzBindAddress": "127.0.0.1:10256",
        "metricsBindAddress": "127.0.0.1:10249",
        "clientConnection": {"kubeconfig": str(HOME / "kubeconfig")},
    }


class RealKubeProxy:
    """kube-proxy on ``machine``, which is the Node ``name`` (by default the namespace's name) and has joined.

    ``mode`` is ``iptables`` or ``nftables``.  ``program`` is another kube-proxy than the pinned one.
    """

    def __init__(
        self,
        machine: Namespace,
        cluster_cidr: str,
        mode: str = IPTABLES,
        name: str = "",
        program: str | None = None,
    ) -> None:
        """Start it; that it has written its rules, ``synced`` waits for."""
        self.machine, self.mode = machine, mode
        name = name or machine.name
        put(machine, CONFIG, json.dumps(configuration(name, cluster_cidr, mode)))
        self.daemon = Daemon(
            machine,
            [program or path_of("kube-proxy"), f"--config={CONFIG}", "--v=0"],
            environment={"GOGC": "50"},
        )

    def synced(self, marker: Marker) -> None:
        """Wait until it has written what was there when ``marker`` was set; LabError if it ends, or in a minute."""
        until(
            f"{self.machine.name}: kube-proxy has written",
            lambda: marker.goal.search(self.machine.run(LISTING[self.mode], check=False)),
            [self.daemon],
        )

    def forgot(self) -> None:
        """Wait until no rule speaks of a marker that was taken away."""
        until(
            f"{self.machine.name}: kube-proxy has taken the marker away",
            lambda: MARKERS_END not in self.machine.run(LISTING[self.mode], check=False),
            [self.daemon],
        )

    def close(self) -> None:
        """End it; its rules stay, as they always do."""
        self.daemon.close()


class Marker:
    """A Service and its EndpointSlice that change last, so that who has written them has written all before.

    kube-proxy hears of Services and of EndpointSlices by two watches, each in order: the port of this Service is
    in both.  It lives in a namespace of its own, at 10.96.255.254, to 192.0.2.1: leave out what names these.
    """

    _numbers = itertools.count(1)

    def __init__(self, plane: ControlPlane) -> None:
        """Set it: after everything else has been written to the API server."""
        port, self._plane = 1024 + next(self._numbers) % 60000, plane
        plane.api.apply(*_marker(port))
        self.goal = re.compile(rf"{re.escape(MARKERS_END)}(:| \. ){port}\b")

    def remove(self) -> None:
        """Take it away; ``RealKubeProxy.forgot`` waits until its rules are gone too."""
        self._plane.api.delete(*_marker(1)[1:])


def _marker(port: int) -> list[Object]:
    metadata = {"name": MARKER, "namespace": MARKERS_HOME}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": MARKERS_HOME}},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"clusterIP": MARKERS_ADDRESS, "ports": [{"port": port, "targetPort": port}]},
        },
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {**metadata, "labels": {"kubernetes.io/service-name": MARKER}},
            "addressType": "IPv4",
            "ports": [{"name": "", "port": port, "protocol": "TCP"}],
            "endpoints": [{"addresses": [MARKERS_END], "conditions": {"ready": True}}],
        },
    ]
