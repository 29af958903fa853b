"""Who may talk to whom, for all pairs of pods at one port: seconds by the number of pods, read from JSON manifests.

Manifests are drawn from a seed: namespaces and pods with labels (one of them a pod's own where ``unlike``), policies with
pod and namespace selectors, ipBlocks, numbered and named ports, both directions.
"""

from __future__ import annotations

import json
import random
import resource
from time import process_time
from typing import Any

from packetwalk import policy

SIZES = ((100, 10), (1_000, 100), (3_000, 300), (10_000, 1_000))
PORT = 8080


def manifests(pods: int, policies: int, seed: int = 1, unlike: bool = False) -> list[dict[str, Any]]:
    """Return objects of a cluster: as many pods and policies as are asked for."""
    draw = random.Random(seed)
    spaces = [f"ns{number}" for number in range(max(2, pods // 50))]
    found: list[dict[str, Any]] = [
        _object("v1", "Namespace", name, labels={"team": f"t{draw.randrange(10)}", "env": draw.choice("abc")})
        for name in spaces
    ]
    for number in range(pods):
        labels = {"app": f"a{draw.randrange(30)}", "tier": draw.choice(("front", "back", "db"))}
        if unlike:
            labels["statefulset.kubernetes.io/pod-name"] = f"p{number}"
        port = {"name": "http", "containerPort": draw.choice((80, PORT)), "protocol": "TCP"}
        pod = _object("v1", "Pod", f"p{number}", draw.choice(spaces), labels)
        pod["spec"] = {"containers": [{"name": "c", "image": "x", "ports": [port]}]}
        pod["status"] = {"podIP": f"10.{64 + number // 65536}.{number // 256 % 256}.{number % 256}"}
        found.append(pod)
    for number in range(policies):
        each = _object("networking.k8s.io/v1", "NetworkPolicy", f"n{number}", draw.choice(spaces))
        each["spec"] = _spec(draw, f"p{draw.randrange(pods)}" if unlike and number % 3 == 0 else "")
        found.append(each)
    return found


def _object(
    version: str, kind: str, name: str, namespace: str = "", labels: dict[str, str] | None = None
) -> dict[str, Any]:
    meta: dict[str, Any] = {
        "name": name,
        **({"namespace": namespace} if namespace else {}),
        "labels": labels or {},
    }
    return {"apiVersion": version, "kind": kind, "metadata": meta}


def _spec(draw: random.Random, pod: str) -> dict[str, Any]:
    rules = [
        {
            side: [_peer(draw, pod) for _ in range(draw.randrange(1, 4))],
            "ports": [{"port": draw.choice((80, PORT, "http"))}, {"port": 8000, "endPort": 9000}][
                : draw.randrange(1, 3)
            ],
        }
        for side in ("from", "to")
    ]
    types = draw.choice((["Ingress"], ["Ingress"], ["Egress"], ["Ingress", "Egress"]))
    return {
        "podSelector": draw.choice(({}, {"matchLabels": {"app": f"a{draw.randrange(30)}"}})),
        "policyTypes": types,
        **({"ingress": [rules[0]]} if "Ingress" in types else {}),
        **({"egress": [rules[1]]} if "Egress" in types else {}),
    }


def _peer(draw: random.Random, pod: str) -> dict[str, Any]:
    if pod and draw.random() < 0.5:
        return {
            "podSelector": {"matchLabels": {"statefulset.kubernetes.io/pod-name": pod}},
            "namespaceSelector": {},
        }
    return draw.choice(
        (
            {"podSelector": {"matchLabels": {"app": f"a{draw.randrange(30)}"}}},
            {"namespaceSelector": {"matchLabels": {"team": f"t{draw.randrange(10)}"}}},
            {
                "namespaceSelector": {
                    "matchExpressions": [{"key": "env", "operator": "In", "values": ["a", "b"]}]
                },
                "podSelector": {"matchLabels": {"tier": "front"}},
            },
            {"ipBlock": {"cidr": "10.64.0.0/10", "except": [f"10.64.{draw.randrange(40)}.0/24"]}},
        )
    )


def sets() -> None:
    """Measure what is asked of a whole set, at all ports."""
    objects = manifests(1_000, 200)
    before, after = (policy.read(json.dumps(each)) for each in (objects, objects[:-2]))
    start = process_time()
    policy.report(before)
    checked = process_time()
    policy.difference(before, after)
    done = process_time()
    print("all pairs of pods, and addresses outside, at all ports: 1,000 pods, 200 policies")
    print(f"  --check {checked - start:6.3f} s   --diff, two policies less {done - checked:6.3f} s")


def main() -> None:
    """Measure and print."""
    print("who reaches whom at one port, all pairs of pods (policy.matrix)")
    for unlike in (False, True):
        print(
            "  every pod with a label of its own, named by a third of the policies"
            if unlike
            else "  pods of few kinds"
        )
        for pods, policies in SIZES:
            text = json.dumps(manifests(pods, policies, unlike=unlike))
            start = process_time()
            estate = policy.read(text)
            loaded = process_time()
            found = policy.matrix(estate, "TCP", PORT)
            allowed = found.allowed_pairs / found.pairs
            done = process_time()
            print(
                f"  {pods:>7,} pods {policies:>6,} policies   read {loaded - start:6.3f} s   matrix {done - loaded:6.3f} s"
                f"   {len(found.classes):>6,} classes   {allowed:.1%} allowed"
            )
    sets()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  peak memory {peak:.0f} MB")


if __name__ == "__main__":
    main()
