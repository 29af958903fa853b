"""The CNI plugin ``bridge``: kind's nodes ship host-local, loopback, portmap and ptp only, Flannel needs it."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from packetwalk.errors import LabError
from packetwalk.lab.kind import pins

MEMBER = "./bridge"


def extract(architecture: str) -> Path:
    """Return the path of the program for an engine's architecture, out of the pinned archive.

    LabError when it cannot be had; the archive's digest is checked each time.
    """
    archive = pins.bridge(architecture)
    content = pins.fetch(archive)
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as opened:
            member = opened.extractfile(MEMBER)
            program = member.read() if member else b""
    except (tarfile.TarError, KeyError) as error:
        raise LabError(f"{archive.url}: {error}") from None
    target = pins.keep() / f"bridge-{architecture}-{archive.sha256[:12]}"
    pins.put(target, program)
    target.chmod(0o755)
    return target
