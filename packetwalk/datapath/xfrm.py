"""Which packets leave encrypted: the policies of xfrm (``ip xfrm policy``).

Mirrors ``xfrm_policy_lookup`` for direction out, with selectors as Weave Net writes them: two hosts, one
protocol, one mark.
"""

from __future__ import annotations

from packetwalk.datapath.conntrack import Tuple
from packetwalk.datapath.netns import Netns
from packetwalk.tables import XfrmPolicyEntry


def policy(ns: Netns, packet: Tuple, mark: int) -> XfrmPolicyEntry | None:
    """Return the policy for a packet that is about to leave, or None."""
    for entry in ns.xfrm_policies:
        if (entry.src, entry.dst, entry.protocol) == (
            packet.src,
            packet.dst,
            packet.protocol,
        ) and mark & entry.mark == entry.mark:
            return entry
    return None
