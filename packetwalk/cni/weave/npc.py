"""What weave-npc writes where no NetworkPolicy is: all is allowed, both ways, by a set for each namespace.

Sources: weave prog/weave-npc/main.go createBaseRules, npc/namespace.go, npc/selector.go, npc/shortname.go.
The sets hold the pods of all nodes.  At the end of WEAVE-NPC-EGRESS nothing is dropped before the first policy
with egress has come (recorded with 2.9.0); then an NFLOG and a DROP stand there, and stay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cache

from packetwalk.plan.edit import alter, entries
from packetwalk.plan.operation import Operation
from packetwalk.tables import Entry, IpSet, IptablesRule, UserChain

MAIN, NAMESPACE = "prog/weave-npc/main.go", "npc/namespace.go"
CHAINS = (
    "WEAVE-NPC",
    "WEAVE-NPC-DEFAULT",
    "WEAVE-NPC-INGRESS",
    "WEAVE-NPC-EGRESS",
    "WEAVE-NPC-EGRESS-DEFAULT",
    "WEAVE-NPC-EGRESS-CUSTOM",
    "WEAVE-NPC-EGRESS-ACCEPT",
)
EGRESS_MARK = "0x40000/0x40000"
SYMBOLS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789(){}[]+=_$%^!*|/?.;:@#~"
BASE = (
    ("WEAVE-NPC", "-m state --state RELATED,ESTABLISHED -j ACCEPT"),
    ("WEAVE-NPC", "-d 224.0.0.0/4 -j ACCEPT"),
    ("WEAVE-NPC", "-m physdev --physdev-out vethwe-bridge --physdev-is-bridged -j ACCEPT"),
    ("WEAVE-NPC", "-m state --state NEW -j WEAVE-NPC-DEFAULT"),
    ("WEAVE-NPC", "-m state --state NEW -j WEAVE-NPC-INGRESS"),
    ("WEAVE-NPC-EGRESS-ACCEPT", f"-j MARK --set-xmark {EGRESS_MARK}"),
    ("WEAVE-NPC-EGRESS", "-m state --state RELATED,ESTABLISHED -j ACCEPT"),
    ("WEAVE-NPC-EGRESS", "-m physdev --physdev-in vethwe-bridge --physdev-is-bridged -j RETURN"),
    ("WEAVE-NPC-EGRESS", "-m addrtype --dst-type LOCAL -j RETURN"),
    ("WEAVE-NPC-EGRESS", "-d 224.0.0.0/4 -j RETURN"),
    ("WEAVE-NPC-EGRESS", "-m state --state NEW -j WEAVE-NPC-EGRESS-DEFAULT"),
    ("WEAVE-NPC-EGRESS", f"-m state --state NEW -m mark ! --mark {EGRESS_MARK} -j WEAVE-NPC-EGRESS-CUSTOM"),
)
"""The rules that do not depend on pods (``createBaseRules``)."""


def plan(node: str, pods: Mapping[str, tuple[str, ...]]) -> Iterator[Operation]:
    """Return chains, rules and sets on a node; ``pods`` are the addresses of all pods, by namespace."""
    yield from base(node)
    for namespace in sorted(pods):
        for entry in of_namespace(namespace, pods[namespace], pods[namespace], pods[namespace]):
            yield Operation(node, entry, "weave-npc", NAMESPACE)


def base(node: str) -> Iterator[Operation]:
    """Return what is there before any namespace is known."""
    for chain in CHAINS:
        yield Operation(node, UserChain("filter", chain), "weave-npc", MAIN)
    for chain, spec in BASE:
        yield Operation(node, IptablesRule("filter", chain, spec), "weave-npc", MAIN)


def of_namespace(
    namespace: str, open_in: tuple[str, ...], open_out: tuple[str, ...], pods: tuple[str, ...]
) -> Iterator[Entry]:
    """Yield the sets of one namespace, and the rules that let in and out whom no policy selects."""
    ingress, egress = (set_name(f"{way}-default-allow:{namespace}") for way in ("ingress", "egress"))
    for name, members in ((ingress, open_in), (egress, open_out), (set_name(f"{namespace}:"), pods)):
        yield IpSet(name, members, "hash:ip", "comment")
    note = f'-m comment --comment "DefaultAllow {{}} isolation for namespace: {namespace}"'
    let_in = f"-m set --match-set {ingress} dst {note.format('ingress')} -j ACCEPT"
    let_out = f"-m set --match-set {egress} src {note.format('egress')}"
    yield IptablesRule("filter", "WEAVE-NPC-DEFAULT", let_in, policy=True)
    yield IptablesRule("filter", "WEAVE-NPC-EGRESS-DEFAULT", f"{let_out} -j WEAVE-NPC-EGRESS-ACCEPT")
    yield IptablesRule("filter", "WEAVE-NPC-EGRESS-DEFAULT", f"{let_out} -j RETURN")


@cache
def set_name(key: str) -> str:
    """Return ``weave-`` and the SHA-1 of a key in base 85, its last digit first (``shortName``)."""
    number = int.from_bytes(hashlib.sha1(key.encode(), usedforsecurity=False).digest())
    out = ""
    while number:
        number, digit = divmod(number, len(SYMBOLS))
        out += SYMBOLS[digit]
    return f"weave-{out}"


DENYING = alter(entries(IpSet, name=set_name("ingress-default-allow:default")), members=())
"""The edit of a node when a policy selects all pods of the namespace and allows nothing in (recorded)."""
