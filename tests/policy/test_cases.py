"""Every case agrees with the program that judged it; what is asked in time agrees step by step."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from packetwalk import policy
from packetwalk.policy.attempt import Attempt
from packetwalk.policy.endpoints import HostPoint, NamedPort, Workload
from packetwalk.policy.estate import Estate, Party
from packetwalk.policy.judging import judge
from packetwalk.policy.rules import PROTOCOLS, HostAddress
from packetwalk.policy.selector import parse
from tests.policy import cases, estate, settings, wrong

PLAIN = ("k8s-e2e", "k8s-nca", "k8s-netpol-analyzer", "calico-nca", "calico-3.33")
ALL = [(name, case) for name in PLAIN for case in cases(name)]


@pytest.mark.parametrize("case", [case for _, case in ALL], ids=lambda case: case["name"])
def test_a_case_agrees(case: dict[str, Any]) -> None:
    found = estate([*case["manifests"], *settings(case.get("note", ""))])
    assert wrong(found, case["queries"]) == []
    assert wrong(found, case.get("probes", [])) == []


def test_all_of_them_are_here() -> None:
    found = Counter()
    for name, case in ALL:
        found[name, "cases"] += 1
        for part in ("queries", "probes"):
            found[name, part] += len(case.get(part, []))
    assert (found["calico-3.33", "cases"], found["calico-3.33", "queries"]) == (119, 10309)
    assert sum(count for (_, part), count in found.items() if part == "queries") == 21317
    assert found["calico-3.33", "probes"] == 4617


def test_an_ipblock_means_pods_or_not_as_is_said() -> None:
    noted = [case for case in cases("k8s-e2e") if any("note" in each for each in case["queries"])]
    assert noted
    changed = 0
    for case in noted:
        assert wrong(estate(case["manifests"]), case["queries"]) == []
        changed += len(wrong(estate(case["manifests"], blocks_match_pods=False), case["queries"]))
    assert changed, "without pods these ranges allow nothing"


def test_matrix_and_single_questions_say_the_same() -> None:
    asked = 0
    for _, case in ALL:
        if case["kind"] not in ("k8s", "calico") or len(case["manifests"]) > 40:
            continue
        found, matrices = estate(case["manifests"]), {}
        for each in case["queries"]:
            if "pod" not in each["src"] or "pod" not in each["dst"]:
                continue
            key = each["protocol"], each["port"]
            matrices[key] = matrices.get(key) or policy.matrix(found, *key)
            ends = [found.pod(each[end]["ns"], each[end]["pod"]) for end in ("src", "dst")]
            assert matrices[key].allows(*ends) == (each["expected"] == "allow"), (case["name"], each)
            asked += 1
    assert asked > 9000


@pytest.mark.parametrize("case", cases("calico-selectors"), ids=lambda case: case["name"])
def test_a_selector_agrees(case: dict[str, Any]) -> None:
    selector = parse(case["selector"])
    assert [selector.matches(each["labels"]) for each in case["queries"]] == [
        each["expected"] for each in case["queries"]
    ]
    assert parse(str(selector)) == selector


# --- tiers and rules as Felix has them: sets of addresses, no pods ---------------------------------

FELIX = HostPoint("felix", "n1", "eth0", (), {"felix": "yes"})
NETS = {
    "srcNet": ("source", "nets"),
    "notSrcNet": ("source", "notNets"),
    "dstNet": ("destination", "nets"),
} | {"notDstNet": ("destination", "notNets")}
SETS = {"srcIpSetIds": ("source", "selector"), "notSrcIpSetIds": ("source", "notSelector")} | {
    "dstIpSetIds": ("destination", "selector"),
    "notDstIpSetIds": ("destination", "notSelector"),
}
PORTS = {"srcPorts": ("source", "ports"), "dstPorts": ("destination", "ports")} | {
    "srcNamedPortIpSetIds": ("source", "ports"),
    "dstNamedPortIpSetIds": ("destination", "ports"),
}


def calico_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """Return a rule of Felix as one of Calico's API."""
    found: dict[str, Any] = {"action": rule["action"]}
    for name, value in rule.items():
        if name in ("protocol", "notProtocol"):
            found[name] = value
        elif name in NETS:
            end, field = NETS[name]
            found.setdefault(end, {})[field] = value
        elif name in SETS:
            end, field = SETS[name]
            found.setdefault(end, {})[field] = " && ".join(f"has({each})" for each in value)
        elif name in PORTS:
            end, field = PORTS[name]
            found.setdefault(end, {})[field] = [
                each if isinstance(each, str) else f"{each[0]}:{each[1]}" for each in value
            ]
        else:
            assert name == "action", name
    return found


def felix_objects(case: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the tiers, policies and sets of a case as objects."""

    def one(kind: str, name: str, spec: dict[str, Any], **labels: str) -> dict[str, Any]:
        meta = {"name": name, "labels": labels}
        return {"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": meta, "spec": spec}

    for place, tier in enumerate(case["tiers"]):
        yield one("Tier", f"t{place}", {"order": place, "defaultAction": tier["end"].title()})
        for number, each in enumerate(tier["policies"]):
            rules = [calico_rule(rule) for rule in each["rules"]]
            spec = {
                "tier": f"t{place}",
                "order": number,
                "selector": "has(felix)",
                "types": ["Ingress"],
                "ingress": rules,
            }
            yield one("GlobalNetworkPolicy", f"t{place}.{number}", spec)
    for name, members in case["ipsets"].items():
        nets = [member for member in members if "," not in member]
        yield one("GlobalNetworkSet", name.lower(), {"nets": nets}, **{name: "yes"})


def holders(case: dict[str, Any]) -> dict[str, Workload]:
    """Return who has each address of a set of named ports."""
    found = {}
    for name, members in case["ipsets"].items():
        for member in members:
            address, comma, port = member.partition(",")
            if comma:
                protocol, _, number = port.partition(":")
                named = NamedPort(name, PROTOCOLS[protocol.upper()], int(number))
                found[address.partition("/")[0]] = Workload("x", name, {}, {}, {}, ports=(named,))
    return found


def felix_party(found: Estate, known: dict[str, Workload], address: str) -> Party:
    return found.at(HostAddress.read(address), address)._replace(workload=known.get(address))


@pytest.mark.parametrize("case", cases("calico-rules"), ids=lambda case: case["name"])
def test_rules_of_felix_agree(case: dict[str, Any]) -> None:
    found, known = estate(felix_objects(case)), holders(case)
    for each in case["queries"]:
        ends = [felix_party(found, known, each[end]) for end in ("src", "dst")]
        asked = Attempt(*ends, each["protocol"], each.get("dport", 0), each.get("sport", 0))
        ruling = judge(found, FELIX, "ingress", asked)
        assert ruling is not None and ruling.allowed == (each["expected"] == "allow"), (each, ruling)


# --- in time ---------------------------------------------------------------------------------------

IN_TIME = [case for case in cases("calico-3.33") if case["kind"] == "steps"]
LET_THROUGH = ("allowed", "refused")  # refused: the port is closed, and its answer came back


def asked(step: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the packets of a step, with what was seen of each."""
    if "src" in step:
        return [step]
    seen = step.get("seen")
    return [each for each in seen if isinstance(each, dict)] if isinstance(seen, list) else []


def change(objects: list[dict[str, Any]], do: str, case: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the objects after what a step does."""
    pods = {
        (each["metadata"].get("namespace"), each["metadata"]["name"]): each
        for each in objects
        if each["kind"] == "Pod"
    }
    spaces = {each["metadata"]["name"]: each for each in objects if each["kind"] == "Namespace"}
    if do == "apply":
        return [*objects, *case["objects"]]
    if do == "delete":
        return [each for each in objects if each not in case["objects"]]
    if do.startswith("label pod "):
        name, label = do.split()[2:4]
        key, _, value = label.rstrip(":").partition("=")
        pods[tuple(name.split("/"))]["metadata"]["labels"][key] = value
    elif do == "label removed":
        del pods["green", "c"]["metadata"]["labels"]["app"]
    elif do.startswith("label namespace "):
        name, label = do.split()[2:4]
        key, _, value = label.partition("=")
        spaces[name]["metadata"]["labels"][key] = value
    elif do.startswith("blue/a phase "):
        pods["blue", "a"]["status"]["phase"] = do.split()[2]
    return objects


@pytest.mark.parametrize(
    "case", [each for each in IN_TIME if "d28" not in each["name"]], ids=lambda case: case["name"]
)
def test_what_changes_in_time_agrees(case: dict[str, Any]) -> None:
    reject = "reject" in case["name"]  # Felix answers with an ICMP error: denied all the same
    objects = copy.deepcopy(
        [*case["manifests"], *([] if any(s.get("do") == "apply" for s in case["steps"]) else case["objects"])]
    )
    compared = 0
    for step in case["steps"]:
        objects = change(objects, step.get("do", ""), case)
        found = estate(objects)
        for each in asked(step):
            expected = "allow" if each["seen"] in LET_THROUGH and not reject else "deny"
            assert wrong(found, [{**each, "expected": expected}]) == [], step
            compared += 1
        if step.get("do") == "say on the open connection":
            said = {
                "src": {"ns": "green", "pod": "c"},
                "dst": {"ns": "red", "pod": "b"},
                "protocol": "TCP",
                "port": 80,
            }
            assert wrong(found, [{**said, "state": "established", "expected": "allow"}]) == []
    assert compared


def test_a_new_pod_is_under_policy_from_the_first_moment() -> None:
    """The step's policy is not among the recording's objects; its words say that it denies ingress of green/d."""
    [case] = [each for each in IN_TIME if "d28" in each["name"]]
    pod = copy.deepcopy(next(each for each in case["manifests"] if each["metadata"]["name"] == "c"))
    pod["metadata"] |= {"name": "d", "namespace": "green"}
    pod["status"] = {"podIP": "10.244.40.140"}
    deny = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "deny", "namespace": "green"},
    }
    deny["spec"] = {"podSelector": {}, "policyTypes": ["Ingress"]}
    out = {
        "src": {"ns": "green", "pod": "d"},
        "dst": {"ns": "red", "pod": "b"},
        "protocol": "TCP",
        "port": 80,
    }
    into = {
        "src": {"ns": "blue", "pod": "a"},
        "dst": {"ns": "green", "pod": "d"},
        "protocol": "TCP",
        "port": 80,
    }
    before = [{**out, "expected": "allow"}, {**into, "expected": "deny"}]
    assert wrong(estate([*case["manifests"], pod, deny]), before) == []
    assert wrong(estate([*case["manifests"], pod]), [{**into, "expected": "allow"}]) == []
