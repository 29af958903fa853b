"""A plugin's own manifest, with the few values that choose a mode; every other byte stays as published."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from packetwalk.errors import BadInput, LabError

Document = dict[str, Any]

FLANNEL: Mapping[str, Document] = {
    "vxlan": {"Type": "vxlan"},
    "vxlan-directrouting": {"Type": "vxlan", "DirectRouting": True},
    "host-gw": {"Type": "host-gw"},
    "wireguard": {"Type": "wireguard"},
    "ipip": {"Type": "ipip"},
}
"""Flannel's mode to the Backend of net-conf.json (Documentation/backends.md). `udp` needs a privileged pod."""

CALICO: Mapping[str, tuple[str, str]] = {
    "ipip": ("Always", "Never"),
    "ipip-crosssubnet": ("CrossSubnet", "Never"),
    "vxlan": ("Never", "Always"),
    "vxlan-crosssubnet": ("Never", "CrossSubnet"),
    "bgp": ("Never", "Never"),
    "wireguard": ("Always", "Never"),
}
"""Calico's mode to ipipMode and vxlanMode of the pool; WireGuard is a switch of Felix on top of a pool's mode."""

WEAVE = ("fastdp", "fastdp-encrypted", "sleeve", "sleeve-encrypted")
WEAVE_VERSION = "2.9.0"
SECRET = "weave-passwd"
POD_NETWORK = "10.244.0.0/16"


MODULES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "flannel": {
        "vxlan": ("br_netfilter", "vxlan"),
        "vxlan-directrouting": ("br_netfilter", "vxlan"),
        "host-gw": ("br_netfilter",),
        "wireguard": ("br_netfilter", "wireguard"),
        "ipip": ("br_netfilter", "ipip"),
    },
    "calico": {
        "ipip": ("ipip",),
        "ipip-crosssubnet": ("ipip",),
        "vxlan": ("vxlan",),
        "vxlan-crosssubnet": ("vxlan",),
        "wireguard": ("ipip", "wireguard"),
    },
    "weave": {
        "fastdp": ("br_netfilter", "openvswitch", "vxlan"),
        "fastdp-encrypted": ("br_netfilter", "openvswitch", "vxlan"),
        "sleeve": ("br_netfilter",),
        "sleeve-encrypted": ("br_netfilter",),
    },
}
"""Kernel modules without which a mode does not work, or (Weave without Open vSwitch) is another one."""


def modules(plugin: str, mode: str) -> tuple[str, ...]:
    """Return the kernel modules that a mode needs on the engine's machine."""
    return MODULES[plugin].get(mode, ())


def modes(plugin: str) -> tuple[str, ...]:
    """Return the modes that can be installed; BadInput for an unknown plugin."""
    known = {"flannel": tuple(FLANNEL), "calico": tuple(CALICO), "weave": WEAVE}
    if plugin not in known:
        raise BadInput("plugin on kind", plugin, known)
    return known[plugin]


def patched(plugin: str, mode: str, text: str, *, password: str = "") -> str:
    """Return a plugin's manifest for one mode; ``password`` is Weave's, for its encrypted modes.

    BadInput for an unknown mode; LabError when the manifest has not what is to be changed.
    """
    import yaml  # not there in a bare Python, where the doctor runs too

    if mode not in modes(plugin):
        raise BadInput(f"mode of {plugin} on kind", mode, modes(plugin))
    change: Callable[[Document, str], bool] = {"flannel": _flannel, "calico": _calico, "weave": _weave}[
        plugin
    ]
    parts = re.split(r"(?m)^---[ \t]*$", text)
    changed = 0
    for number, part in enumerate(parts):
        if not re.search(r"(?m)^\s*(- )?kind: *(ConfigMap|DaemonSet)\b", part):
            continue
        document = yaml.safe_load(part)
        done = [change(each, mode) for each in _resources(document or {})]
        if any(done):
            parts[number] = "\n" + yaml.safe_dump(document, sort_keys=False)
            changed += 1
    if not changed:
        raise LabError(f"{plugin}: the manifest has nothing that chooses a mode")
    if plugin == "weave" and mode.endswith("-encrypted"):
        parts.append("\n" + yaml.safe_dump(_secret(password), sort_keys=False))
    return "---".join(parts)


def _resources(document: Document) -> Iterator[Document]:
    yield from document["items"] if document.get("kind") == "List" else [document]


def _flannel(resource: Document, mode: str) -> bool:
    if resource["kind"] != "ConfigMap" or "net-conf.json" not in resource["data"]:
        return False
    net = json.loads(resource["data"]["net-conf.json"])
    net["Backend"] = FLANNEL[mode]
    resource["data"]["net-conf.json"] = json.dumps(net, indent=2) + "\n"
    return True


def _calico(resource: Document, mode: str) -> bool:
    if resource["kind"] != "DaemonSet" or resource["metadata"]["name"] != "calico-node":
        return False
    ipip, vxlan = CALICO[mode]
    values = {
        "CALICO_IPV4POOL_CIDR": POD_NETWORK,
        "CALICO_IPV4POOL_IPIP": ipip,
        "CALICO_IPV4POOL_VXLAN": vxlan,
    }
    if mode == "wireguard":  # else unset: Felix takes its environment before any FelixConfiguration
        values["FELIX_WIREGUARDENABLED"] = "true"
    for container in resource["spec"]["template"]["spec"]["containers"]:
        for name, value in values.items():
            _set(container, {"name": name, "value": value})
    return True


def _weave(resource: Document, mode: str) -> bool:
    if resource["kind"] != "DaemonSet":
        return False
    pod = resource["spec"]["template"]["spec"]
    for container in [*pod.get("initContainers", []), *pod["containers"]]:
        container["image"] = f"docker.io/{container['image'].rsplit(':', 1)[0]}:{WEAVE_VERSION}"
        container["imagePullPolicy"] = "IfNotPresent"
        container["env"] = container.get("env") or []
        if container["name"] != "weave":
            continue
        if mode.startswith("sleeve"):
            _set(container, {"name": "WEAVE_NO_FASTDP", "value": "1"})
        if mode.endswith("-encrypted"):
            source = {"secretKeyRef": {"name": SECRET, "key": SECRET}}
            _set(container, {"name": "WEAVE_PASSWORD", "valueFrom": source})
    return True


def _set(container: Document, variable: Document) -> None:
    others = [each for each in container.get("env") or [] if each["name"] != variable["name"]]
    container["env"] = [*others, variable]


def _secret(password: str) -> Document:
    if len(password) < 16:
        raise BadInput("length of Weave's password", len(password), ["16 or more"])
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SECRET, "namespace": "kube-system"},
        "stringData": {SECRET: password},
    }
