"""Record what several releases of kube-proxy write of one set of Services, in both modes.

``python -m tests.lab.proving.real.releases [RELEASE ...]``: the pinned one is that of ``make real``; each other has a
folder in ``tests/recordings/kube-proxy-releases`` with its ``go.mod`` and ``go.sum``, and is built of them first.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from packetwalk.lab.proving.real.ground import Programs
from packetwalk.lab.real.programs import home, path_of, sources
from tests.lab.proving.real.record import manifests_of

FOLDER = Path(__file__).parents[3] / "recordings" / "kube-proxy-releases"
PINNED = "1.36"


def releases() -> list[str]:
    """Return the releases that are recorded, or can be."""
    return sorted(each.name for each in FOLDER.iterdir() if each.is_dir())


def version(release: str) -> str:
    """Return of which version a release is built."""
    if release == PINNED:
        return next(each.version for each in sources() if "kube-proxy" in each.programs)
    said = (FOLDER / release / "go.mod").read_text()
    found = re.search(r"^require k8s\.io/kubernetes (v\S+)", said, re.MULTILINE)
    assert found, release
    return found[1]


def program(release: str) -> str:
    """Return the kube-proxy of a release, built if it was not yet."""
    if release == PINNED:
        return path_of("kube-proxy")
    source, number = FOLDER / release, version(release)
    goal = home() / f"kube-proxy-{number}"
    if not goal.exists():
        stamp = f"-s -w -X k8s.io/component-base/version.gitVersion={number}"
        words = ["build", "-p", "2", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", stamp]
        argv = ["nice", "env", "CGO_ENABLED=0", "go", *words, "-o", str(goal), "k8s.io/kubernetes/cmd/kube-proxy"]
        subprocess.run(argv, check=True, cwd=source)
    return str(goal)


def main(names: list[str]) -> int:
    """Record each release."""
    for release in names or releases():
        with Programs(program(release)) as programs:
            programs.become(manifests_of(FOLDER / "services.yaml"))
            for number, proxy in enumerate(programs.proxies):
                kept = [line for line in programs.listing(number).splitlines() if not line.startswith("#")]
                (FOLDER / release / f"{proxy.mode}.txt").write_text("\n".join(kept) + "\n")
        print(release, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
