"""Clusters drawn at random, as manifests: Services of every kind, their EndpointSlices, Nodes; and changes of them.

A case is a row of states; a state is all that is to be there.  The same seed draws the same case on any machine.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

from packetwalk.lab.advice import pyyaml
from packetwalk.lab.real.api import Object
from packetwalk.lab.real.objects import SERVICE_NAME, node
from packetwalk.plan.cluster import Cluster

CLUSTER = Cluster()
MACHINES = CLUSTER.nodes[1:]
"""Where kube-proxy runs: in iptables mode on the first, in nftables mode on the second."""
LATE = Cluster(4).nodes[3]
"""A node that comes while the others run."""
HOMES = ("default", "shop")
ZONE = "topology.kubernetes.io/zone"
ZONES = ("east", "west")
LONG = "a-name-as-long-as-the-api-server-lets-a-service-have-and-no-x"
PORT_NAMES = ("http", "h3", "dns", "p-80", "metrics", "a")
SOURCES = (
    *(
        "203.0.113.0/24",
        "172.18.0.0/16",
        "203.0.113.9/32",
        " 203.0.113.128/25 ",
        "10.244.0.0/16",
        "0.0.0.0/0",
    ),
    *("198.18.0.0/16", "198.19.0.0/16", "198.18.0.0/15", "2001:db8::/32", "198.51.100.0/24", "172.18.0.3/32"),
    *("172.18.0.4/32", "10.0.1.0/24", "10.0.2.0/24"),
)
CONDITIONS: tuple[dict[str, bool], ...] = (
    {"ready": True, "serving": True, "terminating": False},
    {"ready": False, "serving": True, "terminating": True},
    {"ready": False, "serving": False, "terminating": True},
    {"ready": False, "serving": False, "terminating": False},
    {},
    {"ready": True},
    {"ready": True, "serving": True, "terminating": True},
    {"ready": False, "serving": True, "terminating": False},
)
TIMEOUTS = (10800, 1, 59, 90, 3600, 5400, 86400)

State = tuple[Object, ...]


class RealCase(NamedTuple):
    """What the API server is told, one state after the other."""

    name: str
    states: tuple[State, ...]

    def __str__(self) -> str:
        """Return the manifests as YAML; of later states what is new in them, and what is gone."""
        out = [f"# cluster {self.name}"]
        before: State = ()
        for number, state in enumerate(self.states):
            gone = {identity(each) for each in before} - {identity(each) for each in state}
            out += ["# then"] if number else []
            out += [f"# deleted: {' '.join(each)}" for each in sorted(gone)]
            new = [each for each in state if each not in before]
            out.append(
                pyyaml().safe_dump_all(new, sort_keys=False, default_flow_style=None, width=110).rstrip()
            )
            before = state
        return "\n".join(out)


def identity(each: Object) -> tuple[str, str, str]:
    """Return what tells an object from all others: kind, namespace, name."""
    metadata = each["metadata"]
    return each["kind"], metadata.get("namespace", ""), metadata["name"]


def machine(index: int, zone: str = "") -> Object:
    """Return the Node of a machine, in a zone."""
    found = MACHINES[index]
    made = dict(node(found, str(CLUSTER.pod_cidr(found)))[0])
    labels = {**made["metadata"]["labels"], **({ZONE: zone} if zone else {})}
    return {**made, "metadata": {**made["metadata"], "labels": labels}}


def draw(seed: str) -> RealCase:
    """Draw a case: a first state and up to three changes."""
    chance = Random(seed)
    drawn = _Drawn(chance)
    states = [drawn.state()]
    for _ in range(chance.choice((1, 1, 2, 3))):
        drawn.change()
        states.append(drawn.state())
    return RealCase(seed, tuple(states))


class _Drawn:
    """A cluster as it is drawn and changed."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._nodes = [each.name for each in CLUSTER.nodes]
        self._zones = ["", ""]
        self._more: list[Object] = []
        self._numbers = iter(range(1, 200))
        self._services: dict[int, Object] = {}
        self._slices: dict[int, list[Object]] = {}
        self._move()
        for _ in range(chance.choice((1, 1, 2, 3))):
            self._add()

    def state(self) -> State:
        """Return all that is there now, copied."""
        every = [
            *self._more,
            *(machine(k, zone) for k, zone in enumerate(self._zones)),
            *self._services.values(),
            *(each for some in self._slices.values() for each in some),
        ]
        return tuple(json.loads(json.dumps(every)))

    def change(self) -> None:
        """Change one thing."""
        changes = (
            *(self._endpoints_change, self._endpoints_change, self._endpoints_change, self._service_goes),
            *(self._add, self._slices_go, self._node_comes, self._service_changes, self._service_changes),
            self._move,
        )
        self._chance.choice(changes)()

    # --- what is drawn --------------------------------------------------------------------------

    def _percent(self, percent: int) -> bool:
        return self._chance.randrange(100) < percent

    def _add(self) -> None:
        number = next(self._numbers)
        self._services[number] = self._service(number)
        self._slices[number] = self._endpoint_slices(number)

    def _service(self, number: int, name: str = "", home: str = "", kind: str = "") -> Object:
        chance = self._chance
        kind = (
            kind
            or chance.choices(
                ("ClusterIP", "NodePort", "LoadBalancer", "None", "ExternalName"), (30, 25, 33, 6, 3)
            )[0]
        )
        spec: dict[str, Any] = {"type": "ClusterIP" if kind == "None" else kind}
        if kind == "ExternalName":
            spec["externalName"] = "elsewhere.example"
        else:
            spec["clusterIP"] = "None" if kind == "None" else f"10.96.1.{number}"
            if kind == "None":
                spec["ipFamilyPolicy"] = "SingleStack"  # both by default where there is no selector
            spec["ports"] = self._ports(number, kind, spec)
        made: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "name": name or (f"{LONG}{number % 10}" if self._percent(4) else f"s{number}"),
                "namespace": home or chance.choice(HOMES),
            },
            "spec": spec,
        }
        if kind in ("ClusterIP", "NodePort", "LoadBalancer"):
            self._policies(number, kind, spec)
        if kind == "LoadBalancer":
            made["status"] = {"loadBalancer": {"ingress": self._ingress(number)}}
        return made

    def _ports(self, number: int, kind: str, spec: dict[str, Any]) -> list[Object]:
        chance, many = self._chance, self._chance.choice((1, 1, 1, 2, 3))
        names = chance.sample(PORT_NAMES, many)
        out: list[Object] = []
        node_ports = kind in ("NodePort", "LoadBalancer")
        if kind == "LoadBalancer" and self._percent(20):
            spec["allocateLoadBalancerNodePorts"] = node_ports = False
        for k, name in enumerate(names):
            port: dict[str, Any] = {
                "protocol": chance.choices(("TCP", "UDP", "SCTP"), (60, 25, 15))[0],
                "port": chance.choice((80, 443, 53, 8080)) + k,
            }
            port["targetPort"] = chance.choice((port["port"], 8080 + k, "named"))
            if many > 1 or self._percent(60):
                port["name"] = name
            if node_ports:
                port["nodePort"] = 30000 + number * 10 + k
            out.append(port)
        return out

    def _policies(self, number: int, kind: str, spec: dict[str, Any]) -> None:
        chance = self._chance
        if self._percent(25):
            spec["internalTrafficPolicy"] = "Local"
        if self._percent(22):
            spec["externalIPs"] = [f"192.0.2.{number + 10 + 100 * k}" for k in range(chance.choice((1, 2)))]
            if self._percent(15):
                spec["externalIPs"].append(f"2001:db8::{number:x}")
        if (kind != "ClusterIP" or "externalIPs" in spec) and self._percent(45):
            spec["externalTrafficPolicy"] = "Local"
            if kind == "LoadBalancer":
                spec["healthCheckNodePort"] = 32000 + number
        if kind == "LoadBalancer" and self._percent(50):
            spec["loadBalancerSourceRanges"] = chance.sample(SOURCES, chance.choice((1, 1, 2, 3)))
        if self._percent(25):
            spec["sessionAffinity"] = "ClientIP"
            spec["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": chance.choice(TIMEOUTS)}}
        if self._percent(15):
            spec["trafficDistribution"] = chance.choice(("PreferSameZone", "PreferSameNode", "PreferClose"))

    def _ingress(self, number: int) -> list[Object]:
        kinds: tuple[Object, ...] = (
            {"ip": f"198.51.100.{number}"},
            {"ip": f"198.51.100.{number + 100}"},
            {"ip": f"198.51.101.{number}", "ipMode": "Proxy"},
            {"hostname": "lb.example"},
        )
        chances = zip(kinds, (85, 25, 12, 8), strict=True)
        return [each for each, percent in chances if self._percent(percent)]

    def _endpoint_slices(self, number: int) -> list[Object]:
        made = self._services[number]
        if "ports" not in made["spec"] or self._percent(6):
            return []
        metadata, hinted = made["metadata"], self._percent(25)
        many = self._chance.choice((1, 1, 1, 2))
        out: list[Any] = []
        for part in range(many):
            ports = [
                {
                    "name": port.get("name", ""),
                    "protocol": port["protocol"],
                    "port": port["targetPort"] if isinstance(port["targetPort"], int) else 9000 + k,
                }
                for k, port in enumerate(made["spec"]["ports"])
                if self._percent(93)
            ]
            count = self._chance.choice((0, 1, 1, 2, 3, 4))
            out.append(
                {
                    "apiVersion": "discovery.k8s.io/v1",
                    "kind": "EndpointSlice",
                    "metadata": {
                        "name": f"{metadata['name'][:40]}-{number}-{part}",
                        "namespace": metadata["namespace"],
                        "labels": {SERVICE_NAME: metadata["name"]},
                    },
                    "addressType": "IPv4",
                    "ports": ports,
                    "endpoints": [
                        self._endpoint(f"10.244.{part}.{last}", hinted)
                        for last in self._chance.sample((2, 3, 4, 9, 10, 11, 101), count)
                    ],
                }
            )
        if many > 1 and out[0]["endpoints"] and self._percent(30):
            twin = {**out[0]["endpoints"][0], "conditions": CONDITIONS[1]}
            out[1]["endpoints"].append(twin)
            out[0]["endpoints"][0]["conditions"] = CONDITIONS[0]
        return out

    def _endpoint(self, address: str, hinted: bool) -> dict[str, Any]:
        chance = self._chance
        conditions = CONDITIONS[0] if self._percent(55) else chance.choice(CONDITIONS)
        made: dict[str, Any] = {"addresses": [address], "conditions": dict(conditions)}
        if self._percent(90):
            made["nodeName"] = chance.choice(self._nodes)
        if hinted and self._percent(93):
            made["hints"] = {"forZones": [{"name": chance.choice(ZONES)}]}
            if self._percent(50):
                made["hints"]["forNodes"] = [{"name": chance.choice(self._nodes)}]
        return made

    # --- what is changed ------------------------------------------------------------------------

    def _one(self) -> int | None:
        return self._chance.choice(sorted(self._services)) if self._services else None

    def _endpoints_change(self) -> None:
        """An endpoint goes, comes into another condition, or is new."""
        some = [each for slices in self._slices.values() for each in slices]
        if not some:
            return self._add()
        endpoints = self._chance.choice(some)["endpoints"]
        if endpoints and self._percent(40):
            endpoints.pop(self._chance.randrange(len(endpoints)))
        elif endpoints and self._percent(60):
            self._chance.choice(endpoints)["conditions"] = dict(self._chance.choice(CONDITIONS))
        elif len(endpoints) < 7:
            endpoints.append(self._endpoint(f"10.244.7.{len(endpoints) + 2}", hinted=False))

    def _service_goes(self) -> None:
        number = self._one()
        if number is not None:
            del self._services[number]
            if self._percent(70):
                self._slices.pop(number)

    def _slices_go(self) -> None:
        number = self._one()
        if number is not None:
            self._slices[number] = []

    def _service_changes(self) -> None:
        """A Service becomes another of the same name, its EndpointSlices stay."""
        number = self._one()
        if number is None:
            return self._add()
        was = self._services[number]
        if was["spec"].get("clusterIP", "None") == "None":
            return self._slices_go()
        metadata = was["metadata"]
        kind = self._chance.choice((was["spec"]["type"], "ClusterIP", "NodePort", "LoadBalancer"))
        self._services[number] = self._service(number, metadata["name"], metadata["namespace"], kind)

    def _node_comes(self) -> None:
        if LATE.name not in self._nodes:
            self._nodes.append(LATE.name)
            self._more.append(node(LATE, "10.244.3.0/24")[0])
        self._endpoints_change()

    def _move(self) -> None:
        """The machines of kube-proxy are in other zones."""
        self._zones = [self._chance.choice(("", *ZONES)) if self._percent(40) else "" for _ in MACHINES]


def changed(state: Sequence[Object], before: Sequence[Object]) -> tuple[list[Object], list[Object]]:
    """Return what is to be deleted, and what is to be written, to come to a state from the one before."""
    wanted = {(*identity(each), _kept(each)) for each in state}
    gone = [each for each in before if (*identity(each), _kept(each)) not in wanted]
    return gone, [each for each in state if each not in before]


def _kept(each: Object) -> str:
    """Return what the API server does not let anybody change: a ClusterIP."""
    return each.get("spec", {}).get("clusterIP", "")
