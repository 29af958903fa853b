"""Weave Net in a lab: the fork's 2.9.0 on kind (the original is archived), and its DaemonSet's environment."""

from __future__ import annotations

from collections.abc import Mapping

from packetwalk.errors import BadInput
from packetwalk.lab.kind.faults import RECEIVER, Make, dropped, underlay, wall
from packetwalk.lab.kind.installation import Document, Installation
from packetwalk.lab.kind.manifest import set_variable
from packetwalk.lab.kind.pins import File, Image
from packetwalk.lab.manifests import Read, Reader, Settings

SECRET = "weave-passwd"
FASTDP, SLEEVE = ("br_netfilter", "openvswitch", "vxlan"), ("br_netfilter",)


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
    containers = document["spec"]["template"]["spec"]["containers"]
    env = {each["name"]: each for part in containers for each in part.get("env") or []}
    mode = "sleeve" if env.get("WEAVE_NO_FASTDP", {}).get("value") else "fastdp"
    mode += "-encrypted" if "WEAVE_PASSWORD" in env else ""
    mtu = env.get("WEAVE_MTU", {}).get("value")
    said = f"mode {mode}" + (f", MTU {mtu} for pods" if mtu else "")
    return mode, settings._replace(mtu=int(mtu) if mtu else None), said


KIND = Weave()
READERS: Mapping[str, Reader] = {"DaemonSet": read}
