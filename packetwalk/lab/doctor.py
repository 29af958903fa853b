"""What can run on this machine (the model, namespaces, a guest kernel, a kind cluster, Binder), and what to install."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PURPOSES = {
    "model": "walks, tables, labs and the book; needs nothing",
    "netns": "walks and labs in the running kernel",
    "programs": "what plugins run beside that kernel: BIRD, CNI plugins, encryption in user space",
    "qemu": "what your kernel lacks, in a guest's: make test-guest",
    "kind": "labs and recordings in a real Kubernetes cluster",
    "binder": "labs on the model in a browser; needs a network, and nothing on this machine",
}
NEEDED = {"programs": ("bird", "wireguard-go", "wg")}
"""The programs of what is no ground of the labs; the labs' grounds say themselves what they lack."""

PACKAGES = {
    "bird": "bird2",
    "bridge": "iproute2",
    "busybox": "busybox-static",
    "depmod": "kmod",
    "ip": "iproute2",
    "iptables-restore": "iptables",
    "iptables-save": "iptables",
    "nft": "nftables",
    "nsenter": "util-linux",
    "ping": "iputils-ping",
    "qemu-system-x86_64": "qemu-system-x86",
    "sysctl": "procps",
    "tc": "iproute2",
    "unshare": "util-linux",
    "wg": "wireguard-tools",
}
"""Debian's and Ubuntu's package of a program, where it is not called as the program is."""

PYNACL = "Python package PyNaCl"
ELSEWHERE = {
    PYNACL: "pip install PyNaCl",
    "CNI plugins": "sudo apt-get install containernetworking-plugins (or bridge, host-local and portmap of "
    "https://github.com/containernetworking/plugins in /opt/cni/bin)",
    "program docker": "Docker Engine or Docker Desktop: https://docs.docker.com/engine/install/",
    "program kind": "kind: https://kind.sigs.k8s.io/docs/user/quick-start/#installation",
    "program kubectl": "kubectl: https://kubernetes.io/docs/tasks/tools/",
    "a running Docker engine": "start Docker Desktop, or: sudo systemctl start docker",
    "the right to use Docker (group docker)": "sudo usermod -aG docker $USER, then log in again",
    "root, or user namespaces for ordinary users": "as root: sysctl -w user.max_user_namespaces=10000",
    "program apt-get": "Debian on amd64, for its kernel: https://www.debian.org",
    "user namespaces (AppArmor)": "as root: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    "Linux": "this needs Linux: use the model, kind or Binder",
}
"""What to do about what no Debian package brings."""


class Finding(NamedTuple):
    """A ground, whether it can be used, what it is for, what is missing, and what to do about each of it."""

    ground: str
    ready: bool
    purpose: str
    missing: tuple[str, ...]
    install: tuple[str, ...]


def examine() -> list[Finding]:
    """Look for the tools and rights of each ground; starts no process."""
    return [
        Finding(ground, not missing, purpose, missing, tuple(_advice(missing)))
        for ground, purpose in PURPOSES.items()
        for missing in [tuple(dict.fromkeys(_missing(ground)))]
    ]


def _missing(ground: str) -> Iterator[str]:
    from packetwalk.lab import guest
    from packetwalk.lab.grounds import grounds
    from packetwalk.lab.kernel.emulators import secretbox as box
    from packetwalk.lab.kernel.programs.runtime import folder
    from packetwalk.lab.kernel.remote import search_path

    if ground == "netns" and not Path("/proc/self/ns/net").exists():
        yield "Linux"
        return
    for tool in NEEDED.get(ground, ()):
        if shutil.which(tool, path=search_path()) is None:
            yield f"program {tool}"
    if ground == "qemu":
        yield from guest.missing()
    if ground == "programs" and folder() is None:
        yield "CNI plugins"
    if ground == "programs" and box.missing():
        yield PYNACL
    if ground in grounds():
        yield from grounds()[ground].missing()
    if ground == "netns":
        yield from _rights()


def _rights() -> Iterator[str]:
    """Yield what keeps this user from making a network namespace."""
    if os.geteuid() == 0:
        return
    if _setting("user/max_user_namespaces") in ("", "0"):
        yield "root, or user namespaces for ordinary users"
    elif _setting("kernel/apparmor_restrict_unprivileged_userns") == "1":
        yield "user namespaces (AppArmor)"


def _setting(name: str) -> str:
    try:
        return Path("/proc/sys", name).read_text().strip()
    except OSError:
        return ""


def _advice(missing: tuple[str, ...]) -> Iterator[str]:
    tools = [each.removeprefix("program ") for each in missing if each.startswith("program ")]
    packages = sorted({PACKAGES.get(tool, tool) for tool in tools if f"program {tool}" not in ELSEWHERE})
    if packages:
        yield f"sudo apt-get install {' '.join(packages)}"
    yield from (ELSEWHERE[each] for each in missing if each in ELSEWHERE)


def text(findings: list[Finding]) -> str:
    """Return the findings as lines for a terminal."""
    lines = []
    for each in findings:
        lacks = f"; missing: {', '.join(each.missing)}" if each.missing else ""
        lines.append(f"{'yes' if each.ready else 'no ':<4}{each.ground:<9}{each.purpose}{lacks}")
        lines += [f"{'':<12}{line}" for line in each.install]
    return "\n".join(lines)
