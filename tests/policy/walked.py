"""Drawn sets of policies over the canonical cluster: its pods take the places of the drawn ones."""

from __future__ import annotations

import json
from typing import Any

from packetwalk import policy
from packetwalk.plan.cluster import INTERNET, OUTSIDE
from packetwalk.policy.manifests.collected import Collected
from packetwalk.walks.network import Network
from tests.policy.draws import objects

PLAYED = dict(zip((f"p{number}" for number in range(6)), ("a", "a2", "b", "b2", "coredns", "coredns2"), strict=True))
SERVED = {80: 8080, 81: 8081, 85: 8085, 90: 8090, "79:81": "8079:8081"}
"""The drawn ports, by those near the one on which the cluster's pods listen."""
FIELDS = ("port", "ports", "endPort", "containerPort", "number", "start", "end")


def drawn(seed: int) -> Collected:
    """Return the set of a seed, with the cluster's own pods."""
    found = [_here(each) for each in objects(seed)]
    return policy.gather(texts={f"seed {seed}": json.dumps(found)})


def _here(each: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = _ports(each)
    if each["kind"] == "Pod":
        made["metadata"] = {**each["metadata"], "name": PLAYED[each["metadata"]["name"]]}
        del made["status"]
    return made


def _ports(value: Any, key: str = "") -> Any:
    """Return a value with its ports changed: those of fields that hold ports, and of lists of ports."""
    if isinstance(value, dict):
        return {name: _ports(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [_ports(each, "ports" if key.lower().endswith("ports") else "") for each in value]
    return SERVED.get(value, value) if key in FIELDS else value


def judged(net: Network, src: str, dst: str) -> str:
    """Return the judge's verdict on a connection to a pod's port 8080, to a Service or to the outside."""
    service = next((each for each in net.cluster.services if each.name == dst), None)
    ends = [_end(net, src), {"service": f"default/{dst}"} if service else _end(net, dst)]
    port = service.port if service else 80 if dst == INTERNET else 8080
    [answer] = policy.evaluate(net.estate, [dict(zip(("src", "dst"), ends, strict=True), protocol="TCP", port=port)])
    return str(answer["verdict"])


def _end(net: Network, name: str) -> dict[str, str]:
    pod = net.cluster.find_pod(name)
    if pod:
        return {"ns": pod.namespace, "pod": name}
    return {"ip": OUTSIDE} if name == INTERNET else {"node": name}
