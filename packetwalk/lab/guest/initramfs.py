"""The guest's first file system, in memory: busybox, the modules that reach the real one, a script."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from packetwalk.lab.guest.kernel import Kernel

MODULES = ("virtio_pci", "9p", "9pnet_virtio", "overlay")
FOLDERS = ("bin", "dev", "proc", "sys", "lower", "upper", "root", "modules")
INIT = Path(__file__).with_name("init.sh")
FILE, FOLDER = 0o100755, 0o040755


class ArchiveMember(NamedTuple):
    """A file or, without content, a folder."""

    mode: int
    content: bytes = b""


def initramfs(kernel: Kernel, busybox: Path) -> bytes:
    """Return the archive that the kernel unpacks (cpio in the format ``newc``, compressed)."""
    modules = kernel.with_needed(MODULES)
    files = {
        f"modules/{k:02}-{path.name}": ArchiveMember(FILE, path.read_bytes())
        for k, path in enumerate(modules)
    }
    return gzip.compress(
        archive(
            {
                **{name: ArchiveMember(FOLDER) for name in FOLDERS},
                "init": ArchiveMember(FILE, INIT.read_bytes()),
                "bin/busybox": ArchiveMember(FILE, busybox.read_bytes()),
                **files,
            }
        ),
        compresslevel=1,
        mtime=0,
    )


def archive(nodes: Mapping[str, ArchiveMember]) -> bytes:
    """Return a cpio archive (Documentation/driver-api/early-userspace/buffer-format.rst)."""
    out = bytearray()
    for number, (name, node) in enumerate([*nodes.items(), ("TRAILER!!!", ArchiveMember(0))]):
        path = name.encode() + b"\0"
        fields = (number, node.mode, 0, 0, 1, 0, len(node.content), 0, 0, 0, 0, len(path), 0)
        out += b"070701" + b"".join(b"%08X" % field for field in fields) + path
        out += bytes(-len(out) % 4) + node.content
        out += bytes(-len(out) % 4)
    return bytes(out)
