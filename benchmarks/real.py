"""How long a cluster of the real programs takes to come and go, and what memory one has.

Memory is the proportional share (Pss) of every process of the cluster: pages that two of them share count once.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

from packetwalk import lab
from packetwalk.errors import LabError
from packetwalk.lab.grounds.real import RealGround

ROUNDS = 5


class Share(NamedTuple):
    """Of the processes of one name: memory in kB, work in seconds of a processor."""

    memory: int = 0
    work: float = 0.0


def of_session(leader: int) -> dict[str, Share]:
    """Return what the programs of a session have and have done, by name."""
    found: dict[str, Share] = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            name, rest = (process / "stat").read_text().split("(", 1)[1].rsplit(")", 1)
            words = rest.split()
            if words[3] != str(leader):
                continue
            lines = (process / "smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        pss = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        work = sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK")
        before = found.get(name, Share())
        found[name] = Share(before.memory + pss, before.work + work)
    return found


def measure(mode: str, rounds: int) -> str:
    """Bring clusters of a mode up and down and return times, and the last one's work and memory when it was up."""
    up, down, shares = [], [], {}
    for _ in range(rounds):
        start = perf_counter()
        cluster = lab.open("flannel", mode, ground="real")
        up.append(perf_counter() - start)
        assert isinstance(cluster, RealGround)
        shares = of_session(cluster.session)
        start = perf_counter()
        cluster.close()
        down.append(perf_counter() - start)
    each = ", ".join(f"{name} {share.memory / 1024:.0f}" for name, share in sorted(shares.items()))
    return (
        f"up {min(up):.1f} to {max(up):.1f} s (median {median(up):.1f}), down at most {max(down):.2f} s, "
        f"processors {sum(share.work for share in shares.values()):.1f} s; "
        f"memory {sum(share.memory for share in shares.values()) / 1024:.0f} MB: {each}"
    )


def main(rounds: int = ROUNDS) -> None:
    """Measure and print."""
    print(f"three nodes and six pods under the real programs, {rounds} clusters one after another")
    try:
        print(f"  flannel vxlan      {measure('vxlan', rounds)}")
    except LabError as error:
        print(f"  {error}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
