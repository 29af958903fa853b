"""Calico 3.33, and 3.32 to choose: what it makes on a node (``plan``) and what goes wrong with it (``faults``)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from packetwalk.cni import Plugin, Release
from packetwalk.cni.calico import nftables
from packetwalk.cni.calico.faults import FAULTS
from packetwalk.cni.calico.plan import MODES, V3_32, plan, pod_address

if TYPE_CHECKING:
    from packetwalk.plan.edit import Change
    from packetwalk.policy.estate import Estate


def _policed(estate: Estate) -> Change:
    """Return what Felix makes of a node under policies; a wheel has none."""
    from packetwalk.cni.calico.policies import policed

    return policed(estate)


RELEASES = (
    Release(
        "3.33",
        "Calico v3.33",
        plan,
        nftables.FORM,
        "recorded with release-v3.33 at 6609dea5: calico-3.33-ipip-control-plane, calico-3.33-vxlan-iptables",
    ),
    Release(
        "3.32",
        "Calico v3.32.1",
        partial(plan, habits=V3_32),
        nftables.FORM,
        "read at v3.32.1: bird_ipam.cfg.template of confd, felix/rules; not run",
    ),
)
PLUGIN = Plugin(
    "calico",
    "Calico",
    RELEASES,
    MODES,
    FAULTS,
    pod_address,
    lambda cluster: str(cluster.pod_network),
    policed=_policed,
)
