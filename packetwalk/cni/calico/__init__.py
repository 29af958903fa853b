"""Calico v3.32.1: what it makes on a node (``plan``) and what goes wrong with it (``faults``)."""

from packetwalk.cni import Plugin
from packetwalk.cni.calico import nftables
from packetwalk.cni.calico.faults import FAULTS
from packetwalk.cni.calico.plan import MODES, plan, pod_address

PLUGIN = Plugin(
    "calico",
    "Calico",
    "Calico v3.32.1",
    MODES,
    FAULTS,
    plan,
    pod_address,
    lambda cluster: str(cluster.pod_network),
    nftables=nftables.FORM,
)
