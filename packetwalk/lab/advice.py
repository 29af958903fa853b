"""What to install for what a machine lacks."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from importlib import import_module
from types import ModuleType

from packetwalk.errors import LabError

PACKAGES = {
    "bird": "bird2",
    "bridge": "iproute2",
    "busybox": "busybox-static",
    "depmod": "kmod",
    "etcd": "etcd-server",
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

GO, MAKE_REAL = "Go, for make real", "what make real builds"
PYNACL = "Python package PyNaCl"
ELSEWHERE = {
    PYNACL: "pip install PyNaCl",
    "CNI plugins": "sudo apt-get install containernetworking-plugins (or bridge, host-local, portmap and ptp of "
    "https://github.com/containernetworking/plugins in /opt/cni/bin)",
    "program docker": "Docker Engine or Docker Desktop: https://docs.docker.com/engine/install/",
    "program kind": "kind: https://kind.sigs.k8s.io/docs/user/quick-start/#installation",
    "program kubectl": "kubectl: https://kubernetes.io/docs/tasks/tools/",
    "a running Docker engine": "start Docker Desktop, or: sudo systemctl start docker",
    "the right to use Docker (group docker)": "sudo usermod -aG docker $USER, then log in again",
    "root, or user namespaces for ordinary users": "as root: sysctl -w user.max_user_namespaces=10000",
    "program apt-get": "Debian on amd64, for its kernel: https://www.debian.org",
    "user namespaces (AppArmor)": "as root: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    GO: "Go 1.26 or newer: https://go.dev/dl",
    MAKE_REAL: "in the book's repository: make real (once: some minutes, 300 MB)",
    "Linux": "this needs Linux: use the model, kind or Binder",
}
"""What to do about what no Debian package brings."""


def advice(missing: tuple[str, ...]) -> Iterator[str]:
    """Yield what to do about what is missing: one command for all Debian packages, then a line for each other."""
    tools = [each.removeprefix("program ") for each in missing if each.startswith("program ")]
    packages = sorted({PACKAGES.get(tool, tool) for tool in tools if f"program {tool}" not in ELSEWHERE})
    if packages:
        yield f"sudo apt-get install {' '.join(packages)}"
    yield from (ELSEWHERE[each] for each in missing if each in ELSEWHERE)


class ProgramMissing(LabError):
    """Say in one line which programs are missing: no difference between model and kernel."""


def absent(programs: Iterable[str]) -> str:
    """Return in one line which programs are missing, and how to get them; nothing where none is."""
    missing = [each for each in programs if shutil.which(each) is None]
    how = "".join(f"; {line}" for line in advice(tuple(f"program {each}" for each in missing)))
    return f"programs missing: {', '.join(missing)}{how}" if missing else ""


def pyyaml() -> ModuleType:
    """Return the module ``yaml``; LabError where a bare Python lacks it, in which the doctor runs too."""
    try:
        return import_module("yaml")
    except ModuleNotFoundError:
        raise LabError("Python package PyYAML missing; pip install PyYAML") from None
