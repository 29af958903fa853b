"""On a machine with Docker: a plugin's labs and a recording of each mode, ``python -m tests.lab.kind.real PLUGIN FOLDER``.

One cluster is made and used for all of it.  A mode that this kernel cannot do is reported, not passed over.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from packetwalk import lab
from packetwalk.errors import BadInput, LabError
from packetwalk.lab.kind.running.cluster import KindCluster
from packetwalk.lab.plugins import installation
from tests import ROOT
from tests.binder.notebooks import wrong
from tests.refresh_labs import ends_programs

ABSENT = "needs the kernel module"


def labs(plugin: str) -> list[Path]:
    """Return the solutions that open a cluster with this plugin, and end no program of it."""
    opens = re.compile(rf'lab\.open\(\\"{plugin}\\"')
    return [each for each in sorted(ROOT.glob("labs/*/solution.ipynb")) if opens.search(each.read_text()) and not ends_programs(each)]


def recorded(plugin: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Record a ping and a request to a service in each mode; yield each mode and what is wrong with it."""
    cluster = None
    try:
        for mode in installation(plugin).modes:
            try:
                if cluster is None:
                    cluster = lab.open(plugin, mode, "kind")
                else:
                    cluster.use(mode)
                answered = cluster.pod("a").ping("b")
                cluster.record(folder / f"{plugin}-{mode}-ping", "a", "b")
                cluster.record(folder / f"{plugin}-{mode}-service", "a", "web", proto="tcp")
            except (BadInput, LabError) as error:
                if ABSENT in str(error):
                    print(f"{plugin} {mode}: not here: {error}", flush=True)
                else:
                    yield f"{plugin} {mode}", str(error)
            else:
                yield f"{plugin} {mode}", "" if answered.ok else f"a does not reach b: {answered}"
    finally:
        if cluster is not None:
            cluster.close()


def main(plugin: str, folder: Path) -> int:
    """Return 1 when a lab or a mode does not do what it should; the cluster is gone in any case."""
    os.environ |= {"PACKETWALK_KIND_REUSE": "1", lab.CHOICE: "kind"}
    folder.mkdir(parents=True, exist_ok=True)
    bad = 0
    try:
        results = [*recorded(plugin, folder), *((f"lab {n.parent.name}", wrong(n)) for n in labs(plugin))]
        for name, text in results:
            print(f"{name}: {text or 'done'}", flush=True)
            bad += bool(text)
    finally:
        KindCluster(installation(plugin)).delete()
    return int(bad > 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], Path(sys.argv[2])))
