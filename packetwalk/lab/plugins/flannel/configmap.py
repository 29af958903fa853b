"""Flannel's ConfigMap ``kube-flannel-cfg``: the backend, and the MTU it asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping

from packetwalk.cni import plugin as find_plugin
from packetwalk.lab.manifests import Read, Reader, Settings


def read(document: dict, mode: str, settings: Settings) -> Read:
    """``net-conf.json``: MTU is the underlay's, Flannel takes its headers off (backend/vxlan/device.go)."""
    backend = json.loads(document["data"]["net-conf.json"]).get("Backend", {"Type": "udp"})
    wanted = backend["Type"] + ("-directrouting" if backend.get("DirectRouting") else "")
    chosen = find_plugin("flannel").mode(wanted)
    mtu = backend.get("MTU")
    settings = settings._replace(mtu=chosen.pod_mtu(int(mtu)) if mtu else None)
    ignored = sorted(set(backend) - {"Type", "DirectRouting", "MTU"})
    said = f"mode {wanted}" + (f", MTU {settings.mtu} for pods" if mtu else "")
    return wanted, settings, said + (f"; left alone: {', '.join(ignored)}" if ignored else "")


READERS: Mapping[str, Reader] = {"ConfigMap": read}
