"""What can run on this machine: the model, network namespaces, a guest kernel, a kind cluster."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NamedTuple

GROUNDS = (
    ("model", (), "walks, tables and the book; needs nothing"),
    ("netns", ("ip", "bridge", "iptables", "unshare"), "walks in the running kernel"),
    ("qemu", ("qemu-system-x86_64",), "walks in a guest kernel"),
    ("kind", ("docker", "kind", "kubectl"), "walks in a real Kubernetes cluster"),
)


class Finding(NamedTuple):
    """A ground, whether it can be used, what it is for, and what is missing."""

    ground: str
    ready: bool
    purpose: str
    missing: tuple[str, ...]


def examine() -> list[Finding]:
    """Look for the tools and rights of each ground; starts no process."""
    return [
        Finding(ground, not missing, purpose, missing)
        for ground, tools, purpose in GROUNDS
        for missing in [_missing(ground, tools)]
    ]


def _missing(ground: str, tools: tuple[str, ...]) -> tuple[str, ...]:
    missing = [f"program {tool}" for tool in tools if shutil.which(tool) is None]
    if ground == "netns" and not _may_make_namespaces():
        missing.append("root, or user namespaces for ordinary users")
    if ground == "kind" and not Path("/var/run/docker.sock").exists():
        missing.append("a running Docker engine")
    return tuple(missing)


def _may_make_namespaces() -> bool:
    limit = Path("/proc/sys/user/max_user_namespaces")
    return os.geteuid() == 0 or (limit.exists() and limit.read_text().strip() not in ("", "0"))


def text(findings: list[Finding]) -> str:
    """Return the findings as lines for a terminal."""
    return "\n".join(
        f"{'yes' if each.ready else 'no ':<4}{each.ground:<7}{each.purpose}"
        + (f"; missing: {', '.join(each.missing)}" if each.missing else "")
        for each in findings
    )
