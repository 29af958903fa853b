"""Weave Net in a lab: the fork's 2.9.0 on kind (the original is archived), and its DaemonSet's environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from packetwalk.errors import BadInput
from packetwalk.lab.kind.faults import RECEIVER, Make, dropped, underlay, wall
from packetwalk.lab.kind.installation import Document, Installation
from packetwalk.lab.kind.manifest import set_variable
from packetwalk.lab.kind.pins import File, Image
from packetwalk.lab.manifests import Read, Reader, Settings
from packetwalk.lab.manifests.schema import (
    FILLED,
    LEAST_MTU,
    LIST,
    OBJECT,
    OTHER,
    TEXT,
    DocumentField,
    DocumentFields,
    aside,
    checked,
    resource,
)
from packetwalk.plan.cluster import Cluster

SECRET, DAEMONSET = "weave-passwd", "weave-net"
FROM_ELSEWHERE = ""  # a variable that is made from a secret or a field
SIZE = DocumentField(f"{LEAST_MTU} to 65535, in quotes", lambda value: TEXT.fits(value) and _size(value))
VARIABLES: DocumentFields = {
    "WEAVE_MTU": SIZE,
    "WEAVE_NO_FASTDP": TEXT,
    "WEAVE_PASSWORD": TEXT,
    "IPALLOC_RANGE": TEXT.only(str(Cluster().pod_network)),
    "EXPECT_NPC": TEXT.only("1"),
    "NO_MASQ_LOCAL": TEXT.only("1"),
    "HOSTNAME": TEXT.only(FROM_ELSEWHERE),
    "INIT_CONTAINER": TEXT.only("true"),
    **dict.fromkeys(
        ("CHECKPOINT_DISABLE", "CONN_LIMIT", "EXTRA_ARGS", "HAIRPIN_MODE", "IPALLOC_INIT"), OTHER
    ),
    **dict.fromkeys(("KUBE_PEERS", "WEAVE_EXPOSE_IP", "WEAVE_METRICS_ADDR", "WEAVE_STATUS_ADDR"), OTHER),
}
"""Of the container weave (prog/weave-kube/launch.sh)."""
FASTDP, SLEEVE = ("br_netfilter", "openvswitch", "vxlan"), ("br_netfilter",)


def _size(text: str) -> bool:
    return text.isascii() and text.isdigit() and LEAST_MTU <= int(text) <= 65535


class Weave(Installation):
    """The fork's manifest; it says ``latest``, 2.9.0 is put in."""

    plugin, version = "weave", "v2.9.0"
    daemonset = "kube-system/weave-net"
    manifest = File(
        "https://raw.githubusercontent.com/rajch/weave/v2.9.0/prog/weave-kube/weave-daemonset-k8s-1.11.yaml",
        "259a149a91143a9450280e733aa0e16455a2b268eaa62b5aab1eb7af9bf016ce",
    )
    images = (
        Image("docker.io/rajchaudhuri/weave-kube:2.9.0", None),
        Image("docker.io/rajchaudhuri/weave-npc:2.9.0", None),
    )
    notices = 75.0  # a peer is given up after 60 s of silence (router/network_router.go)
    modes: Mapping[str, tuple[str, ...]] = {
        "fastdp": FASTDP,
        "fastdp-encrypted": FASTDP,
        "sleeve": SLEEVE,
        "sleeve-encrypted": SLEEVE,
    }
    faults: Mapping[str, Make] = {
        "udp-6784-blocked": dropped(RECEIVER, "-p udp -m udp --dport 6784"),
        "udp-6783-blocked": dropped(RECEIVER, "-p udp -m udp --dport 6783"),
        "esp-blocked": dropped(RECEIVER, "-p esp"),
        "underlay-mtu-1400": underlay,
        "link-cut": wall,
    }

    def choose(self, resource: Document, mode: str) -> bool:
        """Pin the images and set weaver's environment."""
        if resource["kind"] != "DaemonSet":
            return False
        pod = resource["spec"]["template"]["spec"]
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            name = container["image"].rsplit(":", 1)[0]
            container["image"] = f"docker.io/{name}:{self.version.removeprefix('v')}"
            container["imagePullPolicy"] = "IfNotPresent"
            container["env"] = container.get("env") or []
            if container["name"] != "weave":
                continue
            if mode.startswith("sleeve"):
                set_variable(container, {"name": "WEAVE_NO_FASTDP", "value": "1"})
            if mode.endswith("-encrypted"):
                source = {"secretKeyRef": {"name": SECRET, "key": SECRET}}
                set_variable(container, {"name": "WEAVE_PASSWORD", "valueFrom": source})
        return True

    def beside(self, mode: str, password: str) -> list[Document]:
        """Return the secret with the password, where a mode encrypts; BadInput for a short one."""
        if not mode.endswith("-encrypted"):
            return []
        if len(password) < 16:
            raise BadInput("length of Weave's password", len(password), ["16 or more"])
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": SECRET, "namespace": "kube-system"},
            "stringData": {SECRET: password},
        }
        return [secret]


def read(document: dict, mode: str, settings: Settings) -> Read:
    """The DaemonSet ``weave-net``: what its containers find in their environment (``launch.sh``)."""
    metadata = document.get("metadata")
    if isinstance(metadata, dict) and metadata.get("name") not in (None, DAEMONSET):
        return mode, settings, "does not change the network of weave here"
    where = resource(document, ("apps/v1",), ("spec", "status"))
    given = dict(_variables(where, document))
    left = checked(f"{where}, environment", given, VARIABLES)
    mode = "sleeve" if given.get("WEAVE_NO_FASTDP") else "fastdp"
    mode += "-encrypted" if "WEAVE_PASSWORD" in given else ""
    mtu = given.get("WEAVE_MTU")
    said = f"mode {mode}" + (f", MTU {mtu} for pods" if mtu else "") + aside(left)
    return mode, settings._replace(mtu=int(mtu) if mtu else None), said


def _variables(where: str, document: dict) -> Iterator[tuple[str, Any]]:
    """Yield the variables of all containers with their values."""
    inner, path = document, where
    for name in ("spec", "template", "spec"):
        checked(path, inner, {name: OBJECT}, (name,), more=True)
        inner, path = inner[name], f"{path}, {name}"
    checked(path, inner, {"containers": LIST}, ("containers",), more=True)
    for container in inner["containers"]:
        checked(f"{path}, container", container, {"name": FILLED, "env": LIST}, ("name",), more=True)
        for each in container.get("env", []):
            about = f"{path}, {container['name']}, variable"
            checked(about, each, {"name": FILLED, "value": TEXT, "valueFrom": OBJECT}, ("name",))
            yield each["name"], each.get("value", FROM_ELSEWHERE)


KIND = Weave()
READERS: Mapping[str, Reader] = {"DaemonSet": read}
