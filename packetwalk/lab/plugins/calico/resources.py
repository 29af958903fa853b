"""The resources of Calico that change its network: address pools, Felix's settings, who speaks BGP to whom."""

from __future__ import annotations

from collections.abc import Mapping

from packetwalk.cni.calico.bgp import Peering, Routing, selects
from packetwalk.errors import BadInput
from packetwalk.lab.manifests import Read, Reader, Settings


def _routing(settings: Settings) -> Routing:
    return settings.own if isinstance(settings.own, Routing) else Routing()


def _routed(settings: Settings, routing: Routing) -> Settings:
    return settings._replace(own=routing if routing != Routing() else None)


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
    routing = _routing(settings)._replace(mesh=mesh)
    return mode, _routed(settings, routing), f"node-to-node mesh {'on' if mesh else 'off'}"


def _peer(document: dict, mode: str, settings: Settings) -> Read:
    spec, name = document["spec"], document["metadata"]["name"]
    ours = spec.get("nodeSelector") or "all()"
    if spec.get("node"):
        ours = f"kubernetes.io/hostname == '{spec['node']}'"
    theirs = spec.get("peerSelector") or f"address == '{spec['peerIP']}'"
    for selector in (ours, theirs):
        selects(selector, {})
    others = [each for each in _routing(settings).peerings if each.name != name]
    routing = _routing(settings)._replace(peerings=(*others, Peering(name, ours, theirs)))
    return mode, _routed(settings, routing), f"sessions between {ours} and {theirs}"


def _node(document: dict, mode: str, settings: Settings) -> Read:
    """A Node, Calico's or Kubernetes': its labels, and its route reflector cluster ID."""
    metadata = document["metadata"]
    name, labels = metadata["name"], metadata.get("labels") or {}
    cluster_id = ((document.get("spec") or {}).get("bgp") or {}).get("routeReflectorClusterID")
    cluster_id = cluster_id or (metadata.get("annotations") or {}).get(
        "projectcalico.org/RouteReflectorClusterID"
    )
    old = _routing(settings)
    known = {**dict(old.labels), name: tuple(sorted((k, str(v)) for k, v in labels.items()))}
    reflectors = tuple(sorted({*old.reflectors, name} if cluster_id else {*old.reflectors} - {name}))
    routing = old._replace(labels=tuple(sorted(known.items())), reflectors=reflectors)
    said = f"route reflector {cluster_id}" if cluster_id else "no route reflector"
    return mode, _routed(settings, routing), f"{said}, labels {', '.join(sorted(labels)) or 'none'}"


READERS: Mapping[str, Reader] = {
    "IPPool": _pool,
    "FelixConfiguration": _felix,
    "BGPConfiguration": _bgp,
    "BGPPeer": _peer,
    "Node": _node,
}
