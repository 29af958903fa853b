"""How many learners one machine carries: their kernels at once, each opens lab 1 and has its first step checked.

`python -m benchmarks.room LEARNERS [GROUND]` starts the kernels together, as a class does, and prints time and
memory of each: the memory that is its own (USS, which other kernels do not share), with the processes of its cluster.
No part of `make bench`: it takes a machine's memory and minutes.
"""

from __future__ import annotations

import argparse
import os
import statistics
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from time import perf_counter
from typing import NamedTuple

import psutil
from jupyter_client.manager import KernelManager

LAB = Path(__file__).parents[1] / "labs" / "1-flannel"
OPENED = """
from packetwalk import lab
cluster = lab.open("flannel", "vxlan")
check, hint = lab.checks(cluster)
"""
CHECKED = """
mac = cluster.node("kind-worker2").run("ip -br link show flannel.1").split()[2]
check("1", mac)
"""
DONE, LONG = "Step 1: done.", 600  # s until a kernel is given up


class Learner(NamedTuple):
    """One learner: seconds from the start of the kernel until it answers, until the first check, and bytes."""

    ready: float
    checked: float
    own: int
    shared: int


def learner(ground: str, all_there: Barrier) -> Learner:
    """Do the first step of a lab in a kernel of its own; its memory is taken while all the others are there too."""
    said: list[str] = []
    start = perf_counter()
    manager = KernelManager()
    manager.start_kernel(cwd=str(LAB), env={**os.environ, "PACKETWALK_GROUND": ground})
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=LONG)
        ready = perf_counter() - start
        for code in (OPENED, CHECKED):
            client.execute_interactive(
                code, timeout=LONG, output_hook=lambda got: said.append(str(got["content"]))
            )
        if not any(DONE in text for text in said):
            raise SystemExit(f"the first step is not done: {said[-1:] or 'no word'}")
        checked = perf_counter() - start
        all_there.wait(LONG)
        kernel = psutil.Process(manager.provisioner.pid)
        memory = [each.memory_full_info() for each in (kernel, *kernel.children(recursive=True))]
        all_there.wait(LONG)
        return Learner(ready, checked, sum(each.uss for each in memory), sum(each.pss for each in memory))
    except BaseException:
        all_there.abort()
        raise
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=ground == "model")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.room", description=__doc__.splitlines()[0])
    parser.add_argument("learners", type=int)
    parser.add_argument("ground", nargs="?", default="model")
    asked = parser.parse_args()
    if asked.learners < 1:
        parser.error(f"learners: {asked.learners} is not valid; valid: 1 or more")
    before, start = os.getloadavg()[0], perf_counter()
    worked = os.times()
    all_there = Barrier(asked.learners)
    with ThreadPoolExecutor(asked.learners) as pool:
        found = [
            each.result()
            for each in [pool.submit(learner, asked.ground, all_there) for _ in range(asked.learners)]
        ]
    took = perf_counter() - start
    now = os.times()
    cpu = (
        now.children_user + now.children_system - worked.children_user - worked.children_system
    ) / asked.learners
    print(
        f"{asked.learners} learners on {asked.ground}, {os.cpu_count()} processors, load before {before:.1f}"
    )
    for name, values, unit in (
        ("kernel answers after", [each.ready for each in found], "s"),
        ("first check after", [each.checked for each in found], "s"),
        ("memory of its own", [each.own / 1e6 for each in found], "MB"),
        ("with its share of what is shared", [each.shared / 1e6 for each in found], "MB"),
    ):
        print(f"  {name:<33} median {statistics.median(values):6.1f} {unit}, most {max(values):6.1f} {unit}")
    print(f"  processors worked {cpu:.1f} s for each; all {took:.0f} s")


if __name__ == "__main__":
    main()
