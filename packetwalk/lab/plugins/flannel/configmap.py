"""Flannel's ConfigMap ``kube-flannel-cfg``: the backend, the MTU it asks for, and the pods' bridge ports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from packetwalk.cni import plugin as find_plugin
from packetwalk.errors import BadInput
from packetwalk.lab.manifests import Read, Reader, Settings
from packetwalk.lab.manifests.schema import (
    BOOL,
    FILLED,
    LEAST_MTU,
    LIST,
    OBJECT,
    OTHER,
    TEXT,
    DocumentFields,
    among,
    aside,
    checked,
    resource,
    whole,
)
from packetwalk.plan import cluster
from packetwalk.plan.cluster import Cluster, Node
from packetwalk.plan.edit import alter, entries, together
from packetwalk.plan.operation import Operation
from packetwalk.plan.rules import IPTABLES, NFTABLES
from packetwalk.tables import LinkEntry

NAME, NET, CNI = "kube-flannel-cfg", "net-conf.json", "cni-conf.json"
NETWORK = str(Cluster().pod_network)
DATA: DocumentFields = {NET: TEXT, CNI: TEXT}
NET_FIELDS: DocumentFields = {
    "Network": among(NETWORK),
    "Backend": OBJECT,
    "SubnetLen": whole(1, 30).only(24),
    "EnableIPv4": BOOL.only(True),
    "EnableIPv6": BOOL.only(False),
    "EnableNFTables": BOOL,
    **dict.fromkeys(("SubnetMin", "SubnetMax", "IPv6Network", "IPv6SubnetLen"), OTHER),
    **dict.fromkeys(("IPv6SubnetMin", "IPv6SubnetMax", "IptablesForwardRules", "BlackholeRoute"), OTHER),
}
"""``pkg/subnet/config.go``. The program would read on over a field that it does not know."""
BACKENDS: Mapping[str, DocumentFields] = {
    "vxlan": {
        "DirectRouting": BOOL,
        "VNI": whole(0, 2**24 - 1).only(1),
        "Port": whole(0, 65535).only(0, 8472),
        "GBP": BOOL.only(False),
        "Learning": BOOL.only(False),
        "MacPrefix": OTHER,
    },
    "host-gw": {},
    "udp": {"Port": whole(1, 65535).only(8285)},
    "wireguard": {
        "ListenPort": whole(1, 65535).only(51820),
        "Mode": among("auto", "separate", "ipv4", "ipv6").only("auto", "separate", "ipv4"),
        **dict.fromkeys(("PSK", "ListenPortV6", "PersistentKeepaliveInterval"), OTHER),
    },
    "ipip": {"DirectRouting": BOOL},
}
"""By the type, as Documentation/backends.md lists them."""
DELEGATE: DocumentFields = {
    "hairpinMode": BOOL,
    "isDefaultGateway": BOOL.only(True),
    **dict.fromkeys(
        ("bridge", "isGateway", "forceAddress", "ipMasq", "mtu", "promiscMode", "type", "vlan"), OTHER
    ),
}
"""What of ``cni-conf.json`` goes to the CNI plugin bridge."""


class FlannelSettings(NamedTuple):
    """``hairpin`` is the bridge plugin's hairpinMode: whether a port gives its own frames back.

    ``nftables`` is EnableNFTables: flanneld's own rules are tables of nftables, whatever kube-proxy's are.
    """

    hairpin: bool = True
    nftables: bool = False

    def change(self, machines: cluster.Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        """Return the plan of a node with ports and rules as they are then."""
        ports = alter(entries(LinkEntry, kind="veth", hairpin=True), hairpin=self.hairpin)
        form = find_plugin("flannel").form(NFTABLES if self.nftables else IPTABLES)
        return together(ports, form)(machines, node, plan)


def _json(where: str, text: str) -> dict[str, Any]:
    """Return an object of the program's JSON."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise BadInput(where, str(error), ["JSON"]) from None
    if not isinstance(found, dict):
        raise BadInput(where, text[:40], ["an object of JSON"])
    return found


def read(document: dict, mode: str, settings: Settings) -> Read:
    """``net-conf.json``: MTU is the underlay's, Flannel takes its headers off (backend/vxlan/device.go)."""
    metadata = document.get("metadata")
    if isinstance(metadata, dict) and metadata.get("name") not in (None, NAME):
        return mode, settings, "does not change the network of flannel here"
    where = resource(document, ("v1",), ("data", "binaryData", "immutable"))
    checked(f"{where}, data", document.get("data"), DATA, (NET,))
    net = _json(f"{where}, {NET}", document["data"][NET])
    left = checked(f"{where}, {NET}", net, NET_FIELDS, ("Network",))
    backend = net.get("Backend", {"Type": "udp"})
    kind = str(backend.get("Type", "")).lower()
    known: DocumentFields = {
        "Type": FILLED,
        **BACKENDS.get(kind, {"DirectRouting": BOOL}),
        "MTU": whole(0, 65535),
    }
    if kind in BACKENDS:
        left += checked(f"{where}, Backend", backend, known, ("Type",))
    wanted = kind + ("-directrouting" if backend.get("DirectRouting") is True else "")
    chosen = find_plugin("flannel").mode(wanted)
    mtu = backend.get("MTU")
    headers = -chosen.pod_mtu(0)
    if mtu and mtu < LEAST_MTU + headers:
        raise BadInput(f"{where}, Backend, MTU", mtu, [f"{LEAST_MTU + headers} to 65535"])
    settings = settings._replace(mtu=chosen.pod_mtu(mtu) if mtu else None)
    said = f"mode {wanted}" + (f", MTU {settings.mtu} for pods" if mtu else "")
    own = settings.own if isinstance(settings.own, FlannelSettings) else FlannelSettings()
    own = own._replace(nftables=net.get("EnableNFTables", False))
    said += ", rules of nftables" if own.nftables else ""
    if CNI in document["data"]:
        hairpin, more = _ports(f"{where}, {CNI}", document["data"][CNI])
        own = own._replace(hairpin=hairpin)
        said, left = said + ("" if hairpin else ", ports of pods without hairpin"), left + more
    settings = settings._replace(own=None if own == FlannelSettings() else own)
    return wanted, settings, said + aside(left)


def _ports(where: str, text: str) -> tuple[bool, list[str]]:
    """Return whether the pods' ports are hairpins, and what else is asked for.

    Without the plugin flannel in the list, nothing is known of them: they stay as they are.
    """
    conf = _json(where, text)
    checked(where, conf, {"plugins": LIST, "name": TEXT, "cniVersion": TEXT}, more=True)
    for each in conf.get("plugins", [conf]):
        if isinstance(each, dict) and each.get("type") == "flannel":
            delegate = each.get("delegate", {})
            left = checked(f"{where}, delegate", delegate, DELEGATE)
            return delegate.get("hairpinMode", False), left
    return True, []


READERS: Mapping[str, Reader] = {"ConfigMap": read}
