"""The bird.conf of a node, as confd writes it for calico-node, in the words of BIRD 2.

Sources: projectcalico/calico v3.32.1, confd/etc/calico/confd/templates (bird.cfg, bird_aggr.cfg,
bird_ipam.cfg) and confd/pkg/backends/calico/bgp_processor.go.  Left out is what no packet here meets:
communities, BFD, and the preferences of a live migration.
"""

from __future__ import annotations

from packetwalk.cni.calico.plan import mode_blocks
from packetwalk.control.calico.bgp import Routing
from packetwalk.plan.cluster import Node
from packetwalk.walks.network import Network

AS, CLUSTER_ID, METRIC = 64512, "244.0.0.1", 1024


def configuration(network: Network, node: Node, routing: Routing) -> str:
    """Return the bird.conf of a node.

    Unless told, BIRD 2 writes a metric of 32, and routes of devices too, which BIRD 1.6 does not.
    Calico waits two seconds before it dials, here it is one.
    """
    machines = network.cluster
    own = mode_blocks(machines, network.mode.name, node)
    static = "".join(f"  route {block} blackhole;\n" for block in own)
    aggregation = "".join(f"  if net = {b} then accept;\n  if net ~ {b} then reject;\n" for b in own)
    sessions = "".join(_session(node, peer, routing) for peer in machines.nodes)
    return f"""router id {node.address};
filter calico_kernel_programming {{
  if source = RTS_DEVICE then reject;
  if source = RTS_BGP then krt_metric = {METRIC};
  accept;
}}
filter calico_export_to_bgp_peers {{
{aggregation}  if net ~ {machines.pod_network} then accept;
  reject;
}}
protocol kernel {{
  learn;
  persist;
  scan time 2;
  metric 0;
  graceful restart;
  merge paths on;
  ipv4 {{ import all; export filter calico_kernel_programming; }};
}}
protocol device {{ scan time 2; }}
protocol direct {{
  interface -"cali*", -"kube-ipvs*", "*";
  ipv4;
}}
protocol static {{
  ipv4;
{static}}}
template bgp bgp_template {{
  local {node.address} as {AS};
  multihop;
  graceful restart;
  connect delay time 1;
  connect retry time 5;
  error wait time 5,30;
  ipv4 {{
    gateway recursive;
    add paths on;
    import all;
    export filter calico_export_to_bgp_peers;
  }};
}}
{sessions}"""


def _session(node: Node, peer: Node, routing: Routing) -> str:
    """Return the session with a node: of the mesh only the lower address listens, of a peering both dial."""
    if peer is node or not routing.session(node, peer):
        return ""
    meshed = routing.mesh and not {node.name, peer.name} & set(routing.reflectors)
    lines = [f"  neighbor {peer.address} as {AS};"]
    if meshed and peer.address > node.address:
        lines.append("  passive on;")
    if node.name in routing.reflectors and peer.name not in routing.reflectors:
        lines += ["  rr client;", f"  rr cluster id {CLUSTER_ID};"]
    name = f"{'Mesh' if meshed else 'Node'}_{peer.address.replace('.', '_')}"
    return "\n".join([f"protocol bgp {name} from bgp_template {{", *lines, "}\n"])
