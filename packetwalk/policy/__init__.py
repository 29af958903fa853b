"""Who may talk to whom, and why: policies of Kubernetes and Calico, read from manifests and judged exactly.

from packetwalk import policy
shop = policy.load("manifests/")
policy.evaluate(shop, [{"src": {"ns": "shop", "pod": "web"}, "dst": {"ip": "203.0.113.9"}, "protocol": "TCP", "port": 443}])
policy.matrix(shop, "TCP", 80)
policy.explain(shop, "shop/web", "shop/db", port=5432)

What is not said otherwise is judged as Calico's Felix does, which for policies of Kubernetes alone is what Kubernetes says.
"""

from __future__ import annotations

from packetwalk.policy.difference import difference
from packetwalk.policy.explanation import explain
from packetwalk.policy.loading import gather, load, read
from packetwalk.policy.matrix import matrix
from packetwalk.policy.queries import evaluate
from packetwalk.policy.report import report

__all__ = ["difference", "evaluate", "explain", "gather", "load", "matrix", "read", "report"]
