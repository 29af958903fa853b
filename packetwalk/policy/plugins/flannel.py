"""Flannel v0.28.9: flanneld enforces no policy; the API server takes it, and nothing happens.

Its Helm chart can run kube-network-policies beside it (`netpol.enabled`, off by default, since v0.25.5), Canal is Flannel's
transport with Calico's policies, k3s brings kube-router's controller: each of them judges as Kubernetes says.
"""

from __future__ import annotations

from packetwalk.policy.plugins.enforcement import Enforcement

PLUGIN = Enforcement("flannel", lambda policy: (None, f"{policy}: flanneld enforces no policy"))
