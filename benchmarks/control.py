"""What five minutes of a control plane cost: the cluster by its size, BIRD killed on one node and started again."""

from __future__ import annotations

from time import process_time

from packetwalk import Cluster
from packetwalk.control.deeds import read
from packetwalk.control.running import timeline
from packetwalk.control.timeline import SECOND

DEEDS = read(["0 kill kind-worker2", "150 start kind-worker2"])
MINUTES = 5


def main() -> None:
    """Print seconds of the processor, and how much happens."""
    print(f"{MINUTES} minutes of Calico's BGP in virtual time, one core")
    for nodes in (3, 10, 30, 100):
        network = Cluster(nodes).use("calico", "bgp")
        start = process_time()
        made = timeline(network, DEEDS, MINUTES * 60 * SECOND, "")
        spent = process_time() - start
        print(
            f"  {nodes:>5} nodes{spent:>8.2f} s{len(made.events):>9} events{spent / len(made.events) * 1e6:>7.1f} us each"
        )
