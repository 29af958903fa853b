"""Small sets of policies, drawn from a seed: every kind, every way to name a peer or a port, few pods and few labels."""

from __future__ import annotations

import random
from typing import Any

SPACES = ("x", "y")
LABELS = {"app": ("a", "b"), "role": ("r", "s")}
NETS = ("10.0.0.0/30", "10.0.0.4/30", "10.0.0.2/32", "10.0.0.0/8")
PORTS = (80, 81, 90)


def objects(seed: int) -> list[dict[str, Any]]:
    """Return a set: two namespaces, four to six pods, one to four policies, perhaps a tier."""
    draw = random.Random(seed)
    found = [_one("v1", "Namespace", name, labels={"team": draw.choice("tu")}) for name in SPACES]
    for number in range(draw.randrange(4, 7)):
        pod = _one("v1", "Pod", f"p{number}", draw.choice(SPACES), _labels(draw))
        named = [
            {"name": "web", "containerPort": draw.choice(PORTS), "protocol": draw.choice(("TCP", "UDP"))}
        ]
        pod["spec"] = {"containers": [{"name": "c", "ports": named[: draw.randrange(2)]}]}
        pod["status"] = {"podIP": f"10.0.0.{number + 1}"}
        found.append(pod)
    tier = draw.random() < 0.3
    if tier:
        spec = {"order": draw.choice((5, 2_000_000)), "defaultAction": draw.choice(("Deny", "Pass"))}
        found.append(_one("projectcalico.org/v3", "Tier", "t", spec=spec))
    for number in range(draw.randrange(1, 5)):
        kind = draw.choice((_kubernetes, _kubernetes, _calico, _cluster))
        found.append(kind(draw, f"{draw.choice('abc')}{number}", tier))
    return found


def _one(
    version: str, kind: str, name: str, namespace: str = "", labels: dict[str, str] | None = None, **more: Any
) -> dict[str, Any]:
    meta = {"name": name, **({"namespace": namespace} if namespace else {}), "labels": labels or {}}
    return {"apiVersion": version, "kind": kind, "metadata": meta, **more}


def _labels(draw: random.Random) -> dict[str, str]:
    return {key: draw.choice(values) for key, values in LABELS.items() if draw.random() < 0.7}


def _some(draw: random.Random, make, most: int = 2) -> list[Any]:
    return [make(draw) for _ in range(draw.randrange(1, most + 1))]


def _selector(draw: random.Random, keys: dict[str, tuple[str, ...]] = LABELS) -> dict[str, Any]:
    key = draw.choice(tuple(keys))
    return draw.choice(
        (
            {},
            {"matchLabels": {key: draw.choice(keys[key])}},
            {
                "matchExpressions": [
                    {"key": key, "operator": draw.choice(("In", "NotIn")), "values": [draw.choice(keys[key])]}
                ]
            },
            {"matchExpressions": [{"key": key, "operator": draw.choice(("Exists", "DoesNotExist"))}]},
        )
    )


def _space(draw: random.Random) -> dict[str, Any]:
    return _selector(draw, {"team": ("t", "u")})


def _block(draw: random.Random) -> dict[str, Any]:
    return draw.choice(
        ({"cidr": draw.choice(NETS)}, {"cidr": "10.0.0.0/8", "except": [draw.choice(NETS[:3])]})
    )


def _kubernetes_peer(draw: random.Random) -> dict[str, Any]:
    return draw.choice(
        (
            {"podSelector": _selector(draw)},
            {"namespaceSelector": _space(draw)},
            {"podSelector": _selector(draw), "namespaceSelector": _space(draw)},
            {"ipBlock": _block(draw)},
        )
    )


def _kubernetes_port(draw: random.Random) -> dict[str, Any]:
    return draw.choice(
        (
            {"port": draw.choice(PORTS)},
            {"port": "web"},
            {"port": 80, "endPort": 85},
            {"protocol": "UDP"},
            {"port": "web", "protocol": "UDP"},
        )
    )


def _kubernetes(draw: random.Random, name: str, _: bool) -> dict[str, Any]:
    spec: dict[str, Any] = {"podSelector": _selector(draw)}
    for way, side in (("ingress", "from"), ("egress", "to")):
        if draw.random() < 0.7:
            rules = []
            for _ in range(draw.randrange(3)):
                rule = {side: _some(draw, _kubernetes_peer)} if draw.random() < 0.8 else {}
                rules.append(rule | ({"ports": _some(draw, _kubernetes_port)} if draw.random() < 0.6 else {}))
            spec[way] = rules
    types = draw.choice(([], ["Ingress"], ["Egress"], ["Ingress", "Egress"]))
    return _one(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        name,
        draw.choice(SPACES),
        spec=spec | ({"policyTypes": types} if types else {}),
    )


def _text(draw: random.Random) -> str:
    one = draw.choice(
        (
            "app == 'a'",
            "has(role)",
            "!has(app)",
            "app != 'b'",
            "role in {'r', 's'}",
            "app not in {'a'}",
            "all()",
        )
    )
    return draw.choice((one, one, f"{one} && has(app)", f"{one} || role == 's'"))


def _end(draw: random.Random, ports: bool) -> dict[str, Any]:
    end: dict[str, Any] = {}
    for field, value in (
        ("selector", _text(draw)),
        ("notSelector", _text(draw)),
        ("namespaceSelector", draw.choice(("team == 't'", "projectcalico.org/name == 'x'", "all()"))),
        ("nets", [draw.choice(NETS)]),
        ("notNets", [draw.choice(NETS[:3])]),
    ):
        if draw.random() < 0.25:
            end[field] = value
    if ports and draw.random() < 0.6:
        end[draw.choice(("ports", "ports", "notPorts"))] = _some(
            draw, lambda one: one.choice((80, "79:81", "web", 90))
        )
    return end


def _calico(draw: random.Random, name: str, tier: bool) -> dict[str, Any]:
    spec: dict[str, Any] = {"selector": _text(draw)}
    if draw.random() < 0.7:
        spec["order"] = draw.choice((1, 1000, 1000, 2.5))
    if tier and draw.random() < 0.6:
        spec["tier"] = "t"
    for way in ("ingress", "egress"):
        if draw.random() < 0.7:
            spec[way] = []
            for _ in range(draw.randrange(3)):
                rule: dict[str, Any] = {"action": draw.choice(("Allow", "Allow", "Deny", "Pass", "Log"))}
                known = draw.random() < 0.7
                rule |= {"protocol": draw.choice(("TCP", "TCP", "UDP"))} if known else {}
                rule |= {"source": _end(draw, False), "destination": _end(draw, known)}
                spec[way].append(rule)
    if draw.random() < 0.5:
        spec["types"] = draw.choice((["Ingress"], ["Egress"], ["Ingress", "Egress"]))
    if draw.random() < 0.5:
        return _one("projectcalico.org/v3", "NetworkPolicy", name, draw.choice(SPACES), spec=spec)
    more = {"namespaceSelector": "team == 'u'"} if draw.random() < 0.3 else {}
    return _one("projectcalico.org/v3", "GlobalNetworkPolicy", name, spec=spec | more)


def _cluster_peer(draw: random.Random) -> dict[str, Any]:
    return draw.choice(
        (
            {"namespaces": _space(draw)},
            {"pods": {"namespaceSelector": _space(draw), "podSelector": _selector(draw)}},
        )
    )


def _elsewhere(action: str) -> dict[str, Any]:
    """Return a peer that Calico cannot convert."""
    return {"domainNames": ["example.org"]} if action == "Accept" else {"nodes": {}}


def _protocol(draw: random.Random) -> dict[str, Any]:
    port = draw.choice(({"number": draw.choice(PORTS)}, {"range": {"start": 80, "end": 85}}))
    return draw.choice(
        (
            {"tcp": {"destinationPort": port}},
            {"udp": {"destinationPort": port}},
            {"destinationNamedPort": "web"},
        )
    )


def _cluster(draw: random.Random, name: str, _: bool) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "tier": draw.choice(("Admin", "Baseline")),
        "priority": draw.randrange(4),
        "subject": _cluster_peer(draw),
    }
    for way, side in (("ingress", "from"), ("egress", "to")):
        rules = []
        for _ in range(draw.randrange(3)):
            rule = {"action": draw.choice(("Accept", "Deny", "Pass")), side: _some(draw, _cluster_peer)}
            if draw.random() < 0.5:
                rule["protocols"] = _some(draw, _protocol)
            elif way == "egress" and draw.random() < 0.3:
                rule[side].append(draw.choice(({"networks": [draw.choice(NETS)]}, _elsewhere(rule["action"]))))
            rules.append(rule)
        spec |= {way: rules} if rules else {}
    return _one(
        f"policy.networking.k8s.io/{draw.choice(('v1alpha2', 'v1beta1'))}",
        "ClusterNetworkPolicy",
        name,
        spec=spec,
    )
