"""How long a lab in the running kernel takes: three nodes and six pods up and down, and all proofs.

Beside the time is what the processors worked, for other programs make a machine slow.  Needs root, else
it says so.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from time import perf_counter

from packetwalk.errors import LabError
from packetwalk.lab.kernel.abilities import lacking
from packetwalk.lab.kernel.build import Lab
from packetwalk.lab.kernel.inventory import operations
from packetwalk.lab.proving.cases import network

MODES = (("flannel", "vxlan"), ("calico", "bgp"), ("weave", "sleeve"), ("flannel", "wireguard"))


def up_and_down(plugin: str, mode: str, rounds: int = 5) -> str:
    """Return the best times of some rounds as text, or why there is none."""
    plan = operations(network(plugin, mode, "flat", None, None))
    missing = lacking(plan)
    if missing:
        return f"not here: {missing}"
    up, down = [], []
    worked = sum(os.times()[:4])
    for _ in range(rounds):
        start = perf_counter()
        lab = Lab(plan)
        up.append(perf_counter() - start)
        start = perf_counter()
        lab.close()
        down.append(perf_counter() - start)
    worked = (sum(os.times()[:4]) - worked) / rounds
    return f"up {min(up):.2f} s, down {min(down):.2f} s, processors {worked:.2f} s"


def main() -> None:
    """Measure and print."""
    print("three nodes and six pods in the running kernel")
    for plugin, mode in MODES:
        try:
            print(f"  {plugin + ' ' + mode:<19}{up_and_down(plugin, mode)}")
        except LabError as error:
            print(f"  {plugin + ' ' + mode:<19}not here: {error}")
    start, before = perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run([sys.executable, "-m", "packetwalk", "prove"], capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(
        f"  packetwalk prove: {perf_counter() - start:.1f} s, processors {worked:.1f} s, "
        f"exit {run.returncode}, {len(os.sched_getaffinity(0))} processors"
    )
