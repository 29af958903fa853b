"""The resources of Calico that change its network: address pools, Felix's settings, who speaks BGP to whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from packetwalk.cni.calico.felix import MASQUERADED, OUTGOING
from packetwalk.control.calico.bgp import Peering, Routing, selects
from packetwalk.errors import BadInput
from packetwalk.lab.manifests import Read, Reader, Settings
from packetwalk.lab.manifests.schema import ADDRESS, aside, checked, resource
from packetwalk.lab.plugins.calico import fields
from packetwalk.plan import cluster
from packetwalk.plan.cluster import Node
from packetwalk.plan.edit import alter, drop, entries
from packetwalk.plan.operation import Operation
from packetwalk.tables import IpSet, IptablesRule


class CalicoSettings(NamedTuple):
    """What resources set beside mode and MTU: ``masquerades`` is the pool's natOutgoing."""

    routing: Routing = Routing()
    masquerades: bool = True

    def change(self, machines: cluster.Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        """Return the plan of a node as they leave it; Felix masquerades for no pool (masq_mgr.go)."""
        plan = self.routing.change(machines, node, plan)
        if self.masquerades:
            return plan
        plan = drop(entries(IptablesRule, chain=OUTGOING))(machines, node, plan)
        return alter(entries(IpSet, name=MASQUERADED), members=())(machines, node, plan)


def _own(settings: Settings) -> CalicoSettings:
    return settings.own if isinstance(settings.own, CalicoSettings) else CalicoSettings()


def _with(settings: Settings, own: CalicoSettings) -> Settings:
    return settings._replace(own=own if own != CalicoSettings() else None)


def _routed(settings: Settings, routing: Routing) -> Settings:
    return _with(settings, _own(settings)._replace(routing=routing))


def _spec(document: dict, *parts: str) -> tuple[str, dict]:
    where = resource(document, fields.VERSIONS, ("spec", "status", *parts))
    return where, document.get("spec") or {}


def _pool(document: dict, mode: str, settings: Settings) -> Read:
    """A field that is not given stays as it is; another pool of the same addresses Calico refuses, too."""
    where, spec = _spec(document)
    left = checked(f"{where}, spec", spec, fields.POOL_FIELDS, ("cidr",))
    if where != f"IPPool/{fields.POOL}":
        raise BadInput("IPPool, name", document["metadata"]["name"], [fields.POOL])
    name, _, crosses = mode.partition("-")
    words = {"ipip": "Never", "vxlan": "Never"}
    if name in words:
        words[name] = "CrossSubnet" if crosses else "Always"
    asked = {each: spec.get(f"{each}Mode", word) for each, word in words.items()}
    used = [each for each, word in asked.items() if word != "Never"]
    if len(used) > 1:
        said = ", ".join(f"{each}Mode {word}" for each, word in asked.items())
        raise BadInput(f"{where}, spec", said, ["one of the two, the other Never"])
    wanted = "bgp"
    for each in used:
        wanted = each + ("-crosssubnet" if asked[each] == "CrossSubnet" else "")
    said = f"mode {wanted}"
    if "natOutgoing" in spec:
        own = _own(settings)._replace(masquerades=spec["natOutgoing"])
        said += "" if own.masquerades == _own(settings).masquerades else _masquerading(own)
        settings = _with(settings, own)
    return wanted, settings, said + aside(left)


def _masquerading(own: CalicoSettings) -> str:
    return f", packets that leave the pool are {'' if own.masquerades else 'not '}masqueraded"


def _felix(document: dict, mode: str, settings: Settings) -> Read:
    where, spec = _spec(document)
    left = checked(f"{where}, spec", spec, fields.FELIX_FIELDS, more=True)
    if document["metadata"]["name"] != "default":
        raise BadInput("FelixConfiguration, name", document["metadata"]["name"], ["default"])
    said = []
    if "wireguardEnabled" in spec:
        mode = "wireguard" if spec["wireguardEnabled"] else ("bgp" if mode == "wireguard" else mode)
        said.append(f"mode {mode}")
    used = {"ipip": "ipipMTU", "vxlan": "vxlanMTU", "wireguard": "wireguardMTU"}.get(mode.split("-")[0], "")
    if used in spec:
        settings = settings._replace(mtu=spec[used] or None)
        said.append(f"MTU {spec[used]} for tunnels and pods")
    if fields.TO_HOST in spec:
        said.append(f"a pod's packets to its own node: {spec[fields.TO_HOST]}")
    left += [name for name in ("ipipMTU", "vxlanMTU", "wireguardMTU") if name in spec and name != used]
    if left:
        said.append(f"left alone: {', '.join(sorted(left))}")
    return mode, settings, ", ".join(said) or "changes nothing"


def _bgp(document: dict, mode: str, settings: Settings) -> Read:
    where, spec = _spec(document)
    left = checked(f"{where}, spec", spec, fields.BGP_FIELDS)
    if document["metadata"]["name"] != "default":
        raise BadInput("BGPConfiguration, name", document["metadata"]["name"], ["default"])
    old = _own(settings).routing
    routing = old._replace(mesh=spec.get("nodeToNodeMeshEnabled", old.mesh))
    said = f"node-to-node mesh {'on' if routing.mesh else 'off'}"
    return mode, _routed(settings, routing), said + aside(left)


def _peer(document: dict, mode: str, settings: Settings) -> Read:
    where, spec = _spec(document)
    left = checked(f"{where}, spec", spec, fields.PEER_FIELDS)
    for one, other in (("node", "nodeSelector"), ("peerIP", "peerSelector")):
        if one in spec and other in spec:
            raise BadInput(f"{where}, spec", f"{one} and {other}", ["one of the two"])
    if "peerIP" not in spec and "peerSelector" not in spec:
        raise BadInput(f"{where}, spec", sorted(spec), ["with peerSelector or peerIP"])
    ours = spec.get("nodeSelector") or "all()"
    if "node" in spec:
        ours = f"kubernetes.io/hostname == '{spec['node']}'"
    theirs = spec.get("peerSelector") or f"address == '{spec['peerIP']}'"
    for selector in (ours, theirs):
        selects(selector, {})
    name, old = document["metadata"]["name"], _own(settings).routing
    others = [each for each in old.peerings if each.name != name]
    routing = old._replace(peerings=(*others, Peering(name, ours, theirs)))
    return mode, _routed(settings, routing), f"sessions between {ours} and {theirs}{aside(left)}"


def _node(document: dict, mode: str, settings: Settings) -> Read:
    """A Node, Calico's or Kubernetes': its labels, and its route reflector cluster ID."""
    where = resource(document, ("v1", *fields.VERSIONS), ("spec", "status"))
    metadata, spec = document["metadata"], document.get("spec") or {}
    name, labels = metadata["name"], metadata.get("labels") or {}
    if name not in fields.NODES:
        raise BadInput("Node, name", name, fields.NODES)
    left = [each for each in checked(f"{where}, spec", spec, fields.NODE_FIELDS) if each != "bgp"]
    bgp = spec.get("bgp") or {}
    left += checked(f"{where}, spec.bgp", bgp, fields.NODE_BGP_FIELDS)
    notes = {k: v for k, v in (metadata.get("annotations") or {}).items() if k.startswith(fields.ANNOTATED)}
    given = [bgp.get("ipv4Address"), notes.pop(fields.IPV4, None)]
    home = fields.NODES[name].address
    left += ["the node's address" for each in given if each and each.partition("/")[0] != home]
    cluster_id = bgp.get("routeReflectorClusterID") or notes.pop(fields.CLUSTER_ID, None)
    checked(f"{where}, annotations", {fields.CLUSTER_ID: cluster_id or home}, {fields.CLUSTER_ID: ADDRESS})
    old = _own(settings).routing
    known = {**dict(old.labels), name: tuple(sorted(labels.items()))}
    reflectors = tuple(sorted({*old.reflectors, name} if cluster_id else {*old.reflectors} - {name}))
    routing = old._replace(labels=tuple(sorted(known.items())), reflectors=reflectors)
    said = f"route reflector {cluster_id}" if cluster_id else "no route reflector"
    said += f", labels {', '.join(sorted(labels)) or 'none'}"
    return mode, _routed(settings, routing), said + aside({*left, *notes})


READERS: Mapping[str, Reader] = {
    "IPPool": _pool,
    "FelixConfiguration": _felix,
    "BGPConfiguration": _bgp,
    "BGPPeer": _peer,
    "Node": _node,
}
