"""Packet Walk: an exact model of the Linux data path under Flannel, Calico and Weave Net.

import packetwalk
packetwalk.walk("flannel", "vxlan", "cross-node", size=1400)
cluster = packetwalk.Cluster(nodes=3, pods_per_node=2).use("flannel", "vxlan")
cluster.send("a", "b", proto="icmp", size=56)
"""

from packetwalk.errors import BadInput
from packetwalk.walks.compare import modes
from packetwalk.walks.network import PluggableCluster as Cluster
from packetwalk.walks.report import mtu, tables
from packetwalk.walks.scenario import SCENARIOS, walk
from packetwalk.walks.walk import Walk

__version__ = "0.2.0"
__all__ = ["SCENARIOS", "BadInput", "Cluster", "Walk", "modes", "mtu", "tables", "walk"]
