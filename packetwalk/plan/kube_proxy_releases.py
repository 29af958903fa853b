"""Releases of kube-proxy: what each writes otherwise than the others, in nftables mode; in iptables mode nothing.

Each was run with the same Services, and what it wrote recorded: tests/recordings/kube-proxy-releases.
"""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.plan.rules import NFTABLES

PROGRAM = "kube-proxy"
RECORDED = "recorded in both modes: tests/recordings/kube-proxy-releases"
MASQUERADE = "meta mark set meta mark | 0x00004000"
"""What makes kube-proxy masquerade a packet later."""
MARKING = "mark-for-masquerade"
"""The chain that does so for a release that jumps there."""


class ProxyHabits(NamedTuple):
    """What releases do otherwise in nftables mode (pkg/proxy/nftables/proxier.go).

    ``marks_itself``: a rule that asks for masquerading sets the mark, where it else jumps to a chain that does;
    ``outside_once``: who comes from outside of the cluster is asked for all Services at once, not in each one's chain;
    ``hairpins``: connections of a pod with itself are in a set, not in a rule of each endpoint;
    ``draws_addresses``: a Service that remembers no clients draws an endpoint's address, not its chain;
    ``sole_undrawn``: where there is but one such address, nothing is drawn.
    """

    marks_itself: bool
    outside_once: bool
    hairpins: bool
    draws_addresses: bool
    sole_undrawn: bool

    @property
    def mark(self) -> str:
        """What a rule does with a packet that is to be masqueraded."""
        return MASQUERADE if self.marks_itself else f"jump {MARKING}"


class ProxyRelease(NamedTuple):
    """A release of kube-proxy: how it is chosen, what it does otherwise, and from where that is known."""

    number: str
    version: str
    habits: ProxyHabits
    evidence: str

    @property
    def name(self) -> str:
        """The name by which it is chosen, which is no plugin's."""
        return f"{PROGRAM}-{self.number}"


V1_35 = ProxyHabits(False, False, False, False, False)
V1_36 = ProxyHabits(True, True, True, True, False)
V1_37 = V1_36._replace(sole_undrawn=True)
RELEASES = (
    ProxyRelease("1.36", "v1.36.3", V1_36, RECORDED),
    ProxyRelease("1.37", "v1.37.2", V1_37, RECORDED),
    ProxyRelease("1.35", "v1.35.4", V1_35, RECORDED),
    ProxyRelease("1.34", "v1.34.4", V1_35, RECORDED),
)
"""The first is the one that every walk has which names no other."""
MEANT = RELEASES[0]


def differing(rules: str, among: ProxyRelease = MEANT) -> tuple[ProxyRelease, ...]:
    """Return releases that write different lines in a form of rules: ``among`` them, then of what is alike the first."""
    found = {each.habits if rules == NFTABLES else None: each for each in reversed((among, *RELEASES))}
    return tuple(each for each in dict.fromkeys((among, *RELEASES)) if each in found.values())
