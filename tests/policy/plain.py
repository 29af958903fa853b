"""A plain, slow judge of policies, written apart from the package: pair by pair, policy by policy, from the JSON itself."""

from __future__ import annotations

from functools import cache
from ipaddress import ip_address as _address
from ipaddress import ip_network as _network
from types import CodeType
from typing import Any

ip_address, ip_network = cache(_address), cache(_network)

Objects = list[dict[str, Any]]
TIERS = {"kube-admin": (1000, "Pass"), "default": (1_000_000, "Deny"), "kube-baseline": (10_000_000, "Pass")}
LATE = float("inf")


def kubernetes(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Say whether a label selector takes labels."""
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for each in selector.get("matchExpressions", []):
        have, word = each["key"] in labels, each["operator"]
        if word in ("In", "NotIn"):
            have = have and labels[each["key"]] in each["values"]
        if have != (word in ("In", "Exists")):
            return False
    return True


@cache
def _compiled(selector: str) -> CodeType:
    text = (
        selector.replace("&&", " and ")
        .replace("||", " or ")
        .replace("!has", " not has")
        .replace("all()", " True ")
    )
    for key in ("app", "role", "team", "env", "projectcalico.org/name"):
        text = text.replace(f"has({key})", f"has('{key}')").replace(f"{key} ", f"v('{key}') ")
    return compile(text.replace("{", "(").replace("}", ",)").strip(), "selector", "eval")


def calico(selector: str, labels: dict[str, str]) -> bool:
    """Say whether a selector takes labels: as Python, in which its words are written otherwise."""
    words = {"__builtins__": {}, "has": lambda key: key in labels, "v": labels.get}
    return bool(eval(_compiled(selector), words))


class Plain:
    """One set of objects."""

    def __init__(self, objects: Objects) -> None:
        self.spaces = {
            each["metadata"]["name"]: self.labels(each) for each in objects if each["kind"] == "Namespace"
        }
        self.pods = [each for each in objects if each["kind"] == "Pod"]
        self.tiers = dict(TIERS)
        for each in objects:
            if each["kind"] == "Tier":
                self.tiers[each["metadata"]["name"]] = (
                    each["spec"].get("order", LATE),
                    each["spec"]["defaultAction"],
                )
        self.policies = [each for each in objects if "Policy" in each["kind"]]

    @staticmethod
    def labels(each: dict[str, Any]) -> dict[str, str]:
        return each["metadata"].get("labels", {})

    def allows(self, source: dict, destination: dict, protocol: str, port: int) -> bool:
        """Say whether one pod reaches another."""
        return all(self.judge(way, source, destination, protocol, port) for way in ("egress", "ingress"))

    def judge(self, way: str, source: dict, destination: dict, protocol: str, port: int) -> bool:
        mine = destination if way == "ingress" else source
        for tier, (_, default) in sorted(self.tiers.items(), key=lambda each: (each[1][0], each[0])):
            here = [
                each for each in self.policies if self.tier(each) == tier and self.governs(each, mine, way)
            ]
            if not here:
                continue
            action = (
                self.first(sorted(here, key=self.order), way, source, destination, protocol, port) or default
            )
            if action != "Pass":
                return action in ("Allow", "Accept")
        return True

    def tier(self, policy: dict) -> str:
        if policy["kind"] == "ClusterNetworkPolicy":
            return {"Admin": "kube-admin", "Baseline": "kube-baseline"}[policy["spec"]["tier"]]
        return policy["spec"].get("tier", "default")

    @staticmethod
    def order(policy: dict) -> tuple:
        spec, meta = policy["spec"], policy["metadata"]
        order = spec.get("priority", spec.get("order", LATE))
        kind = policy["kind"]
        if policy["apiVersion"].startswith("networking"):
            order, kind = 1000, "KubernetesNetworkPolicy"
        return order, meta["name"], meta.get("namespace", ""), kind

    def governs(self, policy: dict, pod: dict, way: str) -> bool:
        spec, home = policy["spec"], pod["metadata"]["namespace"]
        if policy["kind"] == "ClusterNetworkPolicy":
            return bool(self.rules(policy, way)) and self.cluster_peer(spec["subject"], pod)
        if policy["metadata"].get("namespace", home) != home or way.title() not in self.types(policy):
            return False
        if "podSelector" in spec:
            return kubernetes(spec["podSelector"], self.labels(pod))
        return calico(spec.get("selector", "all()"), self.labels(pod)) and (
            "namespaceSelector" not in spec or self.in_space(spec["namespaceSelector"], pod)
        )

    def in_space(self, selector: str, pod: dict) -> bool:
        home = pod["metadata"]["namespace"]
        return calico(selector, {**self.spaces[home], "projectcalico.org/name": home})

    @staticmethod
    def types(policy: dict) -> list[str]:
        spec = policy["spec"]
        if spec.get("policyTypes") or spec.get("types"):
            return spec.get("policyTypes") or spec["types"]
        if "podSelector" in spec:
            return ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
        return ([] if spec.get("egress") and not spec.get("ingress") else ["Ingress"]) + (
            ["Egress"] if spec.get("egress") else []
        )

    def first(
        self, policies: Objects, way: str, source: dict, destination: dict, protocol: str, port: int
    ) -> str:
        """Return the action of the first rule that matches; nothing where none does."""
        for policy in policies:
            for rule in self.rules(policy, way):
                if "podSelector" in policy["spec"]:
                    hit, action = (
                        self.kubernetes_rule(policy, rule, way, source, destination, protocol, port),
                        "Allow",
                    )
                elif policy["kind"] == "ClusterNetworkPolicy":
                    hit, action = (
                        self.cluster_rule(rule, way, source, destination, protocol, port),
                        rule["action"],
                    )
                else:
                    hit, action = (
                        self.calico_rule(policy, rule, source, destination, protocol, port),
                        rule["action"],
                    )
                if hit and action != "Log":
                    return action
        return ""

    @staticmethod
    def rules(policy: dict, way: str) -> Objects:
        """Return its rules; one with a peer that Calico does not convert is lost, or denies everybody."""
        found = []
        for rule in policy["spec"].get(way, []):
            known = policy["kind"] != "ClusterNetworkPolicy" or not any(
                "nodes" in peer or "domainNames" in peer for peer in rule.get("to", [])
            )
            if known or rule["action"] != "Accept":
                found.append(rule if known else {"action": "Deny", "to": [{"namespaces": {}}]})
        return found

    def kubernetes_rule(self, policy, rule, way, source, destination, protocol, port) -> bool:
        peers, other = (rule.get("from"), source) if way == "ingress" else (rule.get("to"), destination)
        if peers and not any(self.kubernetes_peer(policy, each, other) for each in peers):
            return False
        ports = rule.get("ports")
        return not ports or any(self.kubernetes_port(each, destination, protocol, port) for each in ports)

    def kubernetes_peer(self, policy, peer, pod) -> bool:
        if "ipBlock" in peer:
            address = ip_address(pod["status"]["podIP"])
            return address in ip_network(peer["ipBlock"]["cidr"]) and not any(
                address in ip_network(each) for each in peer["ipBlock"].get("except", [])
            )
        home = pod["metadata"]["namespace"]
        if "namespaceSelector" in peer:
            if not kubernetes(peer["namespaceSelector"], self.spaces[home]):
                return False
        elif home != policy["metadata"]["namespace"]:
            return False
        return kubernetes(peer.get("podSelector", {}), self.labels(pod))

    def kubernetes_port(self, each, destination, protocol, port) -> bool:
        if each.get("protocol", "TCP") != protocol:
            return False
        if "port" not in each:
            return True
        if isinstance(each["port"], str):
            return self.named(destination, each["port"], protocol, port)
        return each["port"] <= port <= each.get("endPort", each["port"])

    @staticmethod
    def named(pod, name, protocol, port) -> bool:
        return any(
            (each["name"], each.get("protocol", "TCP"), each["containerPort"]) == (name, protocol, port)
            for each in pod["spec"]["containers"][0]["ports"]
        )

    def cluster_peer(self, peer, pod) -> bool:
        if "networks" in peer:
            return any(ip_address(pod["status"]["podIP"]) in ip_network(each) for each in peer["networks"])
        space = self.spaces[pod["metadata"]["namespace"]]
        if "namespaces" in peer:
            return kubernetes(peer["namespaces"], space)
        pods = peer["pods"]
        return kubernetes(pods["namespaceSelector"], space) and kubernetes(
            pods["podSelector"], self.labels(pod)
        )

    def cluster_rule(self, rule, way, source, destination, protocol, port) -> bool:
        peers, other = (rule.get("from"), source) if way == "ingress" else (rule.get("to"), destination)
        if not any(self.cluster_peer(each, other) for each in peers):
            return False
        for each in rule.get("protocols", [{}]):
            if "destinationNamedPort" in each:
                if self.named(destination, each["destinationNamedPort"], protocol, port):
                    return True
            elif not each or protocol.lower() in each:
                wanted = each.get(protocol.lower(), {}).get("destinationPort", {})
                span = wanted.get(
                    "range", {"start": wanted.get("number", 1), "end": wanted.get("number", 65535)}
                )
                if span["start"] <= port <= span["end"]:
                    return True
        return False

    def calico_rule(self, policy, rule, source, destination, protocol, port) -> bool:
        if rule.get("protocol", protocol) != protocol or rule.get("notProtocol") == protocol:
            return False
        return self.calico_end(policy, rule.get("source", {}), source, protocol, 49152) and self.calico_end(
            policy, rule.get("destination", {}), destination, protocol, port
        )

    def calico_end(self, policy, end, pod, protocol, port) -> bool:
        address, space = ip_address(pod["status"]["podIP"]), policy["metadata"].get("namespace")
        asks = "selector" in end or "notSelector" in end
        if "namespaceSelector" in end:
            if not self.in_space(end["namespaceSelector"], pod):
                return False
        elif space and asks and pod["metadata"]["namespace"] != space:
            return False
        if "selector" in end and not calico(end["selector"], self.labels(pod)):
            return False
        if "notSelector" in end and calico(end["notSelector"], self.labels(pod)):
            return False
        if "nets" in end and not any(address in ip_network(each) for each in end["nets"]):
            return False
        if any(address in ip_network(each) for each in end.get("notNets", [])):
            return False
        if "ports" in end and not any(self.calico_port(each, pod, protocol, port) for each in end["ports"]):
            return False
        return not any(self.calico_port(each, pod, protocol, port) for each in end.get("notPorts", []))

    def calico_port(self, each, pod, protocol, port) -> bool:
        if isinstance(each, str) and not each[0].isdigit():
            return self.named(pod, each, protocol, port)
        first, _, last = str(each).partition(":")
        return int(first) <= port <= int(last or first)
