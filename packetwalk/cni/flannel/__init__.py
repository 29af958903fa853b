"""Flannel v0.28.9: what it makes on a node (``plan``) and what goes wrong with it (``faults``)."""

from packetwalk.cni import Plugin
from packetwalk.cni.flannel import nftables
from packetwalk.cni.flannel.faults import FAULTS
from packetwalk.cni.flannel.plan import MODES, plan
from packetwalk.plan.reference import host_local

PLUGIN = Plugin(
    "flannel",
    "Flannel",
    "Flannel v0.28.9",
    MODES,
    FAULTS,
    plan,
    lambda cluster, _, pod: host_local(cluster, pod),
    lambda cluster: str(cluster.pod_network),
    nftables=nftables.FORM,
)
