"""Names of policies' chains and sets.

Sources: libcalico-go/lib/hash/unique_id.go, libcalico-go/lib/selector/parser/ast.go, felix/types/policy_id.go,
felix/rules/endpoints.go (``PolicyGroup.UniqueID``) and felix/calc/rule_scanner.go (``IPSetData.UniqueID``); the names
in the recordings of release-v3.33 come out of these formulas.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from packetwalk.cni.calico.names import SHORT, base64_of, limited
from packetwalk.policy.rules import EGRESS, INGRESS, NetworkRules
from packetwalk.policy.selector import Selector

SET, GROUP = 31, 20
"""The longest name of a set, and the part of a hash that names a group, in characters."""
POLICY = {INGRESS: "cali-pi-", EGRESS: "cali-po-"}
GROUPS = {INGRESS: "cali-gi-", EGRESS: "cali-go-"}
KINDS = {"ClusterNetworkPolicy": "KubernetesClusterNetworkPolicy"}
"""Kinds that Calico itself calls otherwise."""


def policy_chain(policy: NetworkRules, direction: str) -> str:
    """Return the name of a policy's chain for a direction."""
    where = (policy.namespace,) if policy.namespace else ()
    return limited(POLICY[direction], "/".join((SHORT[kind(policy)], *where, policy.name)))


def group_chain(selector: Selector, direction: str, policies: Sequence[NetworkRules]) -> str:
    """Return the name of the chain of policies that stand one after another and select the same endpoints."""
    named = [
        f"{{Name: {each.name}, Namespace: {each.namespace}, Kind: {kind(each)}}}" for each in policies
    ]
    way = {INGRESS: "inbound", EGRESS: "outbound"}[direction]
    lines = [text(selector), way, str(len(policies)), *named]
    digest = hashlib.sha3_224("".join(f"{line}\n" for line in lines).encode()).digest()
    return GROUPS[direction] + base64_of(digest)[:GROUP]


def kind(policy: NetworkRules) -> str:
    """Return a policy's kind as Calico has it."""
    return KINDS.get(policy.kind, policy.kind)


def unique(prefix: str, content: str) -> str:
    """Return ``prefix:`` and a hash of both (``MakeUniqueID``)."""
    digest = hashlib.sha224(f"{prefix}:{content}".encode()).digest()
    return f"{prefix}:{base64_of(digest)}"


def set_name(identity: str) -> str:
    """Return the name of the set that has this identity, in the kernel (``NameForMainIPSet``)."""
    return f"cali40{identity}"[:SET]


def text(selector: Selector) -> str:
    """Return a selector in the words that Felix hashes (``collectFragments``)."""
    if selector.word == "!":
        return f"!{text(selector.parts[0])}"
    if selector.word in ("&&", "||"):
        return f"({f' {selector.word} '.join(map(text, selector.parts))})"
    if selector.word == "has":
        return f"has({selector.key})"
    if selector.word in ("in", "not in"):
        values = ", ".join(_quoted(value) for value in sorted(set(selector.values)))
        return f"{selector.key} {selector.word} {{{values}}}"
    return f"{selector.key} {selector.word} {_quoted(selector.values[0])}" if selector.key else selector.word


def _quoted(value: str) -> str:
    return f"'{value}'" if '"' in value else f'"{value}"'
