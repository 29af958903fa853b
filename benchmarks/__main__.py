"""Print the speed of the model: walks per second, cost by cluster size, the first walk of a big one; of replays, labs, policies and control planes.

Times are of this machine at this moment; the ratios travel better than the figures.
"""

from __future__ import annotations

import json
import subprocess
import sys
from time import perf_counter

from benchmarks import control, fragments, lab, policy, real, stitching
from packetwalk import Cluster
from packetwalk.walks.network import Network

FIRST = """
import json, resource
from time import perf_counter
start = perf_counter()
from packetwalk import Cluster
imported = perf_counter()
run = Cluster(nodes=5000, pods_per_node=30).use("flannel", "vxlan").send("a", "b")
assert run.traces[0].disposition == "delivered"
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([imported - start, perf_counter() - imported, peak]))
"""


def rate(network: Network, seconds: float = 1.0, rounds: int = 3) -> float:
    """Return walks per second (request and reply, all tables warm): the best of some rounds."""
    network.send("a", "coredns")
    best = 0.0
    for _ in range(rounds):
        start, count = perf_counter(), 0
        while perf_counter() - start < seconds:
            for port in range(40000, 40050):
                network.send("a", "coredns", sport=port)
            count += 50
        best = max(best, count / (perf_counter() - start))
    return best


def main() -> None:
    """Measure and print."""
    print("warm walks between pods of two nodes, request and reply, one core")
    for plugin, mode in (("flannel", "host-gw"), ("flannel", "vxlan")):
        network = Cluster().use(plugin, mode)
        steps = sum(len(trace.steps) for trace in network.send("a", "coredns").traces)
        each = rate(network)
        print(
            f"  {plugin} {mode:<10}{each:>9.0f} walks/s{steps:>5} steps a walk{each * steps:>10.0f} steps/s"
        )
    print("cost of a warm walk by cluster size (flannel vxlan; 1.00 is two nodes)")
    base = 0.0
    for nodes in (2, 10, 100, 1000, 5000):
        each = rate(Cluster(nodes=nodes).use("flannel", "vxlan"), 0.5)
        base = base or each
        print(f"  {nodes:>5} nodes{each:>9.0f} walks/s   cost {base / each:.2f}")
    run = subprocess.run([sys.executable, "-c", FIRST], capture_output=True, text=True, check=True)
    imported, first, peak = json.loads(run.stdout)
    print("first walk in a fresh process, 5,000 nodes and 150,000 pods")
    print(f"  import {imported:.2f} s, walk {first:.2f} s, peak memory {peak:.0f} MB")
    fragments.main()
    stitching.main()
    lab.main()
    real.main()
    policy.main()
    control.main()


if __name__ == "__main__":
    main()
