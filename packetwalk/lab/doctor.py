"""What can run on this machine (the model, namespaces, a guest kernel, a kind cluster, Binder), and what to install."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from packetwalk.lab.advice import PYNACL, advice
from packetwalk.lab.rooms import absent, room

PURPOSES = {
    "model": "walks, tables, labs and the book; needs nothing",
    "netns": "walks and labs in the running kernel",
    "programs": "what plugins run beside that kernel: BIRD, CNI plugins, encryption in user space",
    "qemu": "what your kernel lacks, in a guest's: make test-guest, in the book's repository",
    "real": "labs under a real API server, kube-proxy and flanneld, in namespaces of your kernel",
    "kind": "labs and recordings in a real Kubernetes cluster",
    "binder": "labs on the model in a browser; needs a network, and nothing on this machine",
}
STAND_INS = "lab.kernel.emulators"
OF_A_WHEEL = {"model": "walks and tables; needs nothing. Labs in the model come with the book's repository"}
NEEDED = {"programs": ("bird", "wireguard-go", "wg")}
"""The programs of what is no ground of the labs; what the labs' grounds lack is found where they are made."""


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
        Finding(ground, not missing, purpose, missing, tuple(advice(missing)))
        for ground, purpose in (PURPOSES | (OF_A_WHEEL if absent("shell") else {})).items()
        for missing in [tuple(dict.fromkeys(_missing(ground)))]
    ]


def _missing(ground: str) -> Iterator[str]:
    from packetwalk.lab.kernel.programs.runtime import folder
    from packetwalk.lab.kernel.rootless import missing_programs, search_path

    if ground in ("netns", "real") and not Path("/proc/self/ns/net").exists():
        yield "Linux"
        return
    for tool in NEEDED.get(ground, ()):
        if shutil.which(tool, path=search_path()) is None:
            yield f"program {tool}"
    if ground == "qemu":
        yield from absent("lab.guest") or room("lab.guest").missing()
    if ground == "programs":
        yield from absent("lab.plugins")
    if ground == "programs" and not absent("lab.plugins") and folder(room("lab.plugins").cni_plugins()) is None:
        yield "CNI plugins"
    if ground == "programs" and not absent(STAND_INS) and room(f"{STAND_INS}.secretbox").missing():
        yield PYNACL
    if ground == "real":
        yield from absent("lab.real") or room("lab.real.programs").missing()
    if ground == "kind":
        yield from absent("lab.grounds") or room("lab.grounds").grounds()[ground].missing()
    if ground in ("netns", "real"):
        yield from missing_programs()
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


def text(findings: list[Finding]) -> str:
    """Return the findings as lines for a terminal."""
    lines = []
    for each in findings:
        lacks = f"; missing: {', '.join(each.missing)}" if each.missing else ""
        lines.append(f"{'yes' if each.ready else 'no ':<4}{each.ground:<9}{each.purpose}{lacks}")
        lines += [f"{'':<12}{line}" for line in each.install]
    return "\n".join(lines)
