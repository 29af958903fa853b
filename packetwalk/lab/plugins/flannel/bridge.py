"""The CNI plugin ``bridge``: kind's nodes ship host-local, loopback, portmap and ptp only, Flannel needs it."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from packetwalk.errors import BadInput, LabError
from packetwalk.lab.kind import pins

MEMBER = "./bridge"
RELEASE = "https://github.com/containernetworking/plugins/releases/download/v1.9.1/cni-plugins-linux-"
ARCHIVES = {
    "amd64": pins.File(
        f"{RELEASE}amd64-v1.9.1.tgz", "b98f74a0f8522f0a83867178729c1aa70f2158f90c45a2ca8fa791db1c76b303"
    ),
    "arm64": pins.File(
        f"{RELEASE}arm64-v1.9.1.tgz", "56171987d3947707c3563db2f4001bccaf50fd63468611b9f3cbecb1375ee7ec"
    ),
}


def archive(architecture: str) -> pins.File:
    """Return the archive for an engine's architecture; BadInput for one without."""
    if architecture not in ARCHIVES:
        raise BadInput("architecture of the Docker engine", architecture, ARCHIVES)
    return ARCHIVES[architecture]


def extract(architecture: str) -> Path:
    """Return the path of the program for an engine's architecture, out of the pinned archive.

    LabError when it cannot be had; the archive's digest is checked each time.
    """
    pinned = archive(architecture)
    content = pins.fetch(pinned)
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as opened:
            member = opened.extractfile(MEMBER)
            program = member.read() if member else b""
    except (tarfile.TarError, KeyError) as error:
        raise LabError(f"{pinned.url}: {error}") from None
    target = pins.keep() / f"bridge-{architecture}-{pinned.sha256[:12]}"
    pins.put(target, program)
    target.chmod(0o755)
    return target
