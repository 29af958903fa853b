"""The page's example, a broken cluster as the running kernel had it: `python -m tests.why.example` records it anew (root)."""

from __future__ import annotations

import gzip
import io
import tarfile
import tempfile
from pathlib import Path

from packetwalk.capture.recording import write
from tests import ROOT
from tests.why.broken import BROKEN, damage, healthy

CASE = "fdb-of-an-old-node"
NAME = "broken-cluster"
FILE = ROOT / "book" / "data" / f"{NAME}.tgz"


def packed(folder: Path) -> bytes:
    """Return a folder as a .tgz: the same bytes for the same files."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            member = tarfile.TarInfo(f"{NAME}/{path.relative_to(folder)}")
            member.size = path.stat().st_size
            tar.addfile(member, io.BytesIO(path.read_bytes()))
    return gzip.compress(held.getvalue(), 9, mtime=0)


def main() -> None:
    case = BROKEN[CASE]
    with healthy(case) as cluster:
        damage(cluster, case)
        recorded = cluster.capture("a", "b")
    with tempfile.TemporaryDirectory() as place:
        write(recorded, Path(place) / NAME)
        FILE.write_bytes(packed(Path(place) / NAME))


if __name__ == "__main__":
    main()
