"""What Felix writes under policies: chains for each policy, tiers in the pods' chains, sets of addresses.

Source: github.com/projectcalico/calico, release-v3.33, felix/rules/policy.go and felix/rules/endpoints.go; eleven cases
are recorded (``tests/policy/cases``).
"""

from __future__ import annotations

from packetwalk.cni.calico.policies.tables import policed

__all__ = ["policed"]
