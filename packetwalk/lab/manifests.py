"""YAML documents that change a network: what a plugin would do with them, as a mode and settings.

Known are Flannel's ConfigMap ``kube-flannel-cfg``; Calico's IPPool, FelixConfiguration,
BGPConfiguration, BGPPeer and Node; Weave's DaemonSet ``weave-net``.  All else is named and left alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from packetwalk.cni import plugin as find_plugin
from packetwalk.cni.calico.bgp import Peering, Routing, selects
from packetwalk.errors import BadInput
from packetwalk.plan import cluster
from packetwalk.plan.cluster import Node
from packetwalk.plan.edit import Change
from packetwalk.plan.operation import Operation
from packetwalk.tables import LinkEntry

TUNNELS = ("vxlan", "ipip", "wireguard", "tun")


class Settings(NamedTuple):
    """What documents set beside the mode: ``mtu`` of pods and tunnels in bytes, who speaks BGP to whom."""

    mtu: int | None = None
    routing: Routing = Routing()

    def change(self, machines: cluster.Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        """Return the plan of a node as the settings leave it."""
        plan = [op._replace(entry=self._sized(op.entry)) for op in plan]
        return self.routing.change(machines, node, plan)

    def _sized(self, entry: Any) -> Any:
        if self.mtu and isinstance(entry, LinkEntry) and entry.kind in ("bridge", "veth", *TUNNELS):
            return entry._replace(mtu=self.mtu)
        return entry


class Asked(NamedTuple):
    """What documents ask for; ``lines`` say for each document what changes, or that nothing does."""

    mode: str
    settings: Settings
    lines: list[str]


def change(settings: Settings) -> Change | None:
    """Return the change of a plan that settings make, or None where they are the usual ones."""
    return None if settings == Settings() else settings.change


def read(manifest: str | Path, plugin: str, mode: str, settings: Settings) -> Asked:
    """Read documents, from a file or as text; BadInput says which document is wrong, and how."""
    lines: list[str] = []
    for number, document in enumerate(_documents(manifest), 1):
        if not isinstance(document, dict) or not isinstance(document.get("kind"), str):
            raise BadInput(f"document {number}", str(document)[:60], ["a resource with apiVersion and kind"])
        kind = document["kind"]
        name = (document.get("metadata") or {}).get("name", "")
        reader = READERS.get((plugin, kind))
        if reader is None:
            lines.append(f"{kind}/{name}: does not change the network of {plugin} here")
            continue
        try:
            mode, settings, said = reader(document, mode, settings)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if isinstance(error, BadInput):
                raise
            raise BadInput(f"{kind}/{name}", f"{type(error).__name__}: {error}") from None
        lines.append(f"{kind}/{name}: {said}")
    return Asked(mode, settings, lines)


def _documents(manifest: str | Path) -> list[Any]:
    import yaml

    text = str(manifest)
    if isinstance(manifest, Path) or "\n" not in text:
        try:
            text = Path(manifest).read_text()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not text"
            raise BadInput("manifest", str(manifest), [f"a YAML file ({reason})"]) from None
    try:
        return [document for document in yaml.safe_load_all(text) if document is not None]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "the text"
        raise BadInput("manifest", f"{where}: {getattr(error, 'problem', error)}", ["YAML"]) from None


Read = tuple[str, Settings, str]


def _flannel(document: dict, mode: str, settings: Settings) -> Read:
    """``net-conf.json``: MTU is the underlay's, Flannel takes its headers off (backend/vxlan/device.go)."""
    backend = json.loads(document["data"]["net-conf.json"]).get("Backend", {"Type": "udp"})
    wanted = backend["Type"] + ("-directrouting" if backend.get("DirectRouting") else "")
    chosen = find_plugin("flannel").mode(wanted)
    mtu = backend.get("MTU")
    settings = settings._replace(mtu=chosen.pod_mtu(int(mtu)) if mtu else None)
    ignored = sorted(set(backend) - {"Type", "DirectRouting", "MTU"})
    said = f"mode {wanted}" + (f", MTU {settings.mtu} for pods" if mtu else "")
    return wanted, settings, said + (f"; left alone: {', '.join(ignored)}" if ignored else "")


def _pool(document: dict, mode: str, settings: Settings) -> Read:
    spec = document["spec"]
    for field, name in (("ipipMode", "ipip"), ("vxlanMode", "vxlan")):
        value = spec.get(field, "Never")
        if value not in ("Always", "CrossSubnet", "Never"):
            raise BadInput(f"IPPool, {field}", value, ["Always", "CrossSubnet", "Never"])
        if value != "Never":
            wanted = name + ("-crosssubnet" if value == "CrossSubnet" else "")
            return wanted, settings, f"mode {wanted}"
    return "bgp", settings, "mode bgp"


def _felix(document: dict, mode: str, settings: Settings) -> Read:
    spec = document["spec"]
    said = []
    if "wireguardEnabled" in spec:
        mode = "wireguard" if spec["wireguardEnabled"] else ("bgp" if mode == "wireguard" else mode)
        said.append(f"mode {mode}")
    field = {"ipip": "ipipMTU", "vxlan": "vxlanMTU", "wireguard": "wireguardMTU"}.get(
        mode.split("-")[0], "mtu"
    )
    if field in spec:
        settings = settings._replace(mtu=int(spec[field]) or None)
        said.append(f"MTU {spec[field]} for tunnels and pods")
    ignored = sorted(set(spec) - {"wireguardEnabled", field})
    if ignored:
        said.append(f"left alone: {', '.join(ignored)}")
    return mode, settings, ", ".join(said)


def _bgp(document: dict, mode: str, settings: Settings) -> Read:
    mesh = bool(document["spec"].get("nodeToNodeMeshEnabled", True))
    routing = settings.routing._replace(mesh=mesh)
    return mode, settings._replace(routing=routing), f"node-to-node mesh {'on' if mesh else 'off'}"


def _peer(document: dict, mode: str, settings: Settings) -> Read:
    spec, name = document["spec"], document["metadata"]["name"]
    ours = spec.get("nodeSelector") or "all()"
    if spec.get("node"):
        ours = f"kubernetes.io/hostname == '{spec['node']}'"
    theirs = spec.get("peerSelector") or f"address == '{spec['peerIP']}'"
    for selector in (ours, theirs):
        selects(selector, {})
    others = [each for each in settings.routing.peerings if each.name != name]
    routing = settings.routing._replace(peerings=(*others, Peering(name, ours, theirs)))
    return mode, settings._replace(routing=routing), f"sessions between {ours} and {theirs}"


def _node(document: dict, mode: str, settings: Settings) -> Read:
    """A Node, Calico's or Kubernetes': its labels, and its route reflector cluster ID."""
    metadata = document["metadata"]
    name, labels = metadata["name"], metadata.get("labels") or {}
    cluster_id = ((document.get("spec") or {}).get("bgp") or {}).get("routeReflectorClusterID")
    cluster_id = cluster_id or (metadata.get("annotations") or {}).get(
        "projectcalico.org/RouteReflectorClusterID"
    )
    old = settings.routing
    known = {**dict(old.labels), name: tuple(sorted((k, str(v)) for k, v in labels.items()))}
    reflectors = tuple(sorted({*old.reflectors, name} if cluster_id else {*old.reflectors} - {name}))
    routing = old._replace(labels=tuple(sorted(known.items())), reflectors=reflectors)
    said = f"route reflector {cluster_id}" if cluster_id else "no route reflector"
    return mode, settings._replace(routing=routing), f"{said}, labels {', '.join(sorted(labels)) or 'none'}"


def _weave(document: dict, mode: str, settings: Settings) -> Read:
    containers = document["spec"]["template"]["spec"]["containers"]
    env = {each["name"]: each for part in containers for each in part.get("env") or []}
    mode = "sleeve" if env.get("WEAVE_NO_FASTDP", {}).get("value") else "fastdp"
    mode += "-encrypted" if "WEAVE_PASSWORD" in env else ""
    mtu = env.get("WEAVE_MTU", {}).get("value")
    said = f"mode {mode}" + (f", MTU {mtu} for pods" if mtu else "")
    return mode, settings._replace(mtu=int(mtu) if mtu else None), said


READERS: dict[tuple[str, str], Callable[[dict, str, Settings], Read]] = {
    ("flannel", "ConfigMap"): _flannel,
    ("calico", "IPPool"): _pool,
    ("calico", "FelixConfiguration"): _felix,
    ("calico", "BGPConfiguration"): _bgp,
    ("calico", "BGPPeer"): _peer,
    ("calico", "Node"): _node,
    ("weave", "DaemonSet"): _weave,
}
