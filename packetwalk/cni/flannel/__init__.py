"""Flannel 0.28.9, and 0.20.2 to choose: what it makes on a node (``plan``) and what goes wrong with it (``faults``)."""

from functools import partial

from packetwalk.cni import Plugin, Release
from packetwalk.cni.flannel import nftables
from packetwalk.cni.flannel.faults import FAULTS
from packetwalk.cni.flannel.plan import MODES, five_rules, plan
from packetwalk.plan.reference import host_local

RELEASES = (
    Release(
        "0.28.9",
        "Flannel v0.28.9",
        plan,
        nftables.FORM,
        "recorded: flannel-vxlan-0.28.9-iptables, flannel-host-gw-0.28.9",
    ),
    Release(
        "0.20.2",
        "Flannel v0.20.2",
        partial(plan, rules=five_rules),
        None,  # EnableNFTables came with v0.25.0
        "recorded: flannel-vxlan, flannel-vxlan-directrouting, flannel-host-gw; where its jumps stand beside "
        "kube-proxy's was read (network/iptables.go)",
    ),
)
PLUGIN = Plugin(
    "flannel",
    "Flannel",
    RELEASES,
    MODES,
    FAULTS,
    lambda cluster, _, pod: host_local(cluster, pod),
    lambda cluster: str(cluster.pod_network),
)
