"""How many times as many walks a second as another tree: ``python -m benchmarks.beside TREE [ROUNDS]``.

Every scenario of every mode that both have, its packet sent again and again as ``walk`` sends it, and UDP and
TCP from a new port each time.  The trees are measured in turn, each in a process of its own; what is compared
is the processor's time, the median of all rounds, for other programs make a machine slow.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from math import exp, log
from pathlib import Path
from statistics import median
from time import process_time

import packetwalk

HERE = Path(__file__).parents[1]
TIMES, LEAST = 3, 0.005  # the best of so many, each of so many seconds


def main() -> None:
    """Compare with another tree; without one print what this process measures, for the process that asked."""
    if len(sys.argv) < 2:
        print(json.dumps(measured()))
        return
    here, there = HERE, Path(sys.argv[1]).resolve()
    found: dict[Path, list[dict[str, float]]] = {here: [], there: []}
    for number in range(int(sys.argv[2]) if len(sys.argv) > 2 else 3):
        for tree in (here, there) if number % 2 else (there, here):
            found[tree].append(json.loads(_python(tree, __file__)))
    ratios = []
    for name in (name for name in found[here][0] if name in found[there][0]):
        mine, theirs = (median(each[name] for each in found[tree]) for tree in (here, there))
        ratios.append(theirs / mine)
        print(f"  {name:<52}{1 / mine:>7.0f} walks/s {1 / theirs:>7.0f} there  {ratios[-1]:.2f}")
    mean = exp(sum(map(log, ratios)) / len(ratios))
    print(
        f"  {len(ratios)} kinds of walks: {mean:.2f} times as many, from {min(ratios):.2f} to {max(ratios):.2f}"
    )


def _python(tree: Path, *arguments: str) -> str:
    """Run Python with the package of a tree and return what it prints."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONHASHSEED": "0"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def measured() -> dict[str, float]:
    """Return the seconds of each kind of walk, in the tree that this process has imported."""
    out = {}
    tree = Path(packetwalk.__file__).parents[1]
    for each in json.loads(_python(tree, "-m", "packetwalk", "list", "--format", "json")):
        plugin, mode = each["plugin"], each["mode"]
        for scenario in each["scenarios"]:
            out[f"{plugin} {mode} {scenario}"] = _seconds(_usual(plugin, mode, scenario))
        for proto, to in (("udp", "b"), ("tcp", "web")):
            out[f"{plugin} {mode}, {proto} from new ports"] = _seconds(_fresh(plugin, mode, proto, to))
    return out


def _usual(plugin: str, mode: str, scenario: str) -> Callable[[], object]:
    return lambda: packetwalk.walk(plugin, mode, scenario).traces


def _fresh(plugin: str, mode: str, proto: str, to: str) -> Callable[[], object]:
    network, ports = packetwalk.Cluster().use(plugin, mode), count()
    return lambda: network.send("a", to, proto=proto, sport=1024 + next(ports) % 60000).traces


def _seconds(walk: Callable[[], object]) -> float:
    """Return the seconds that a walk takes when all tables are warm."""
    walk()
    best = float("inf")
    for _ in range(TIMES):
        number, start = 0, process_time()
        while process_time() - start < LEAST:
            walk()
            number += 1
        best = min(best, (process_time() - start) / number)
    return best


if __name__ == "__main__":
    main()
