"""A small NetworkPolicy: one pod is guarded, another is let in, or nobody is."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from packetwalk.cni.calico.policies.tables import policed
from packetwalk.plan.cluster import Cluster, Node, Pod
from packetwalk.plan.edit import Change, sender
from packetwalk.policy import read
from packetwalk.policy.estate import Estate


def guarded(cluster: Cluster, node: Node, allows: bool) -> Change:
    """Return what Felix makes of a policy that guards a node's first pod and allows the sender's, or nobody."""
    source, target = cluster.pod(sender(cluster)[0], 0), cluster.pod(node, 0)
    return policed(_estate(source, target, allows))


@lru_cache(maxsize=8)
def _estate(source: Pod, target: Pod, allows: bool) -> Estate:
    pods = [_object("v1", "Pod", each, {"containers": [], "serviceAccountName": ""}, each.name) for each in (source, target)]
    elsewhere: dict[str, Any] = {} if source.namespace == target.namespace else {"namespaceSelector": {}}
    peer = {"podSelector": {"matchLabels": {"app": source.name}}, **elsewhere}
    spec = {
        "podSelector": {"matchLabels": {"app": target.name}},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [peer]}] if allows else [],
    }
    name = f"allow-{source.name}" if allows else "deny-all"
    rules = _object("networking.k8s.io/v1", "NetworkPolicy", target._replace(name=name), spec)
    return read(json.dumps([*pods, rules]), "policy.json")


def _object(version: str, kind: str, of: Pod, spec: dict[str, Any], app: str = "") -> dict[str, Any]:
    labels = {"labels": {"app": app}} if app else {}
    meta = {"name": of.name, "namespace": of.namespace, **labels}
    return {"apiVersion": version, "kind": kind, "metadata": meta, "spec": spec}
