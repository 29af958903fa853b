"""Netfilter: the hooks, the tables at each hook, and the walk through their chains.

Rules are kept in the words of ``iptables-save`` and compiled to predicates; nothing is written
twice.  Source for the order of tables at a hook: the priorities in
``include/uapi/linux/netfilter_ipv4.h`` (raw -300, mangle -150, dstnat -100, filter 0, srcnat 100).
"""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.datapath.conntrack import Tuple
from packetwalk.datapath.matches import (
    ASIDE,
    MATCHES,
    VALUES,
    Aside,
    Match,
    State,
    View,
    options,
)
from packetwalk.tables import ChainPolicy, IptablesRule

TABLES_AT = {
    "PREROUTING": ("raw", "mangle", "nat"),
    "INPUT": ("mangle", "filter", "nat"),
    "FORWARD": ("mangle", "filter"),
    "OUTPUT": ("raw", "mangle", "nat", "filter"),
    "POSTROUTING": ("mangle", "nat"),
}
UNTRACKED = "UNTRACKED"
FINAL = {"ACCEPT", "DROP", "REJECT", "DNAT", "SNAT", "MASQUERADE"}


class Verdict(NamedTuple):
    """``target`` decided by ``entry`` (a rule, or the chain's policy); ``mark`` is the packet's now.

    ``chain`` is the path of chains to the rule, ``argument`` the address of a NAT target, ``note``
    the sentence's key and arguments.  ``allowed`` are the rules of network policies that let the packet
    pass on its way to the verdict, each with its path; ``untracked`` says that a rule asked for that.
    """

    target: str
    entry: IptablesRule | ChainPolicy
    chain: str
    mark: int
    argument: str | None = None
    note: tuple = ()
    allowed: tuple[Verdict, ...] = ()
    untracked: bool = False

    @property
    def path(self) -> str:
        """Where the rule stands: the table, then the chains that led to it."""
        return f"table {self.entry.chain_table}, {self.chain}"


class Rule(NamedTuple):
    """A compiled rule."""

    entry: IptablesRule
    matches: tuple[Match, ...]
    target: str
    argument: str | None
    goes: bool = False  # -g: a RETURN there does not come back here


ARGUMENTS = {"--to-destination", "--to-source", "--set-xmark", "--reject-with"}
GOES_ON = {"", "NFLOG"}  # a rule without -j only counts, NFLOG only reports
IGNORED = {"--comment", "--dir", "--nflog-group", *(word for word, values in VALUES.items() if not values)}


def compile_rule(entry: IptablesRule, state: State) -> Rule:
    """Return the compiled form of one rule; ValueError names a word that is not known."""
    matches, target, argument, goes = [], "", None, False
    for word, values, negated, flags in options(entry.spec):
        if word in ("-j", "-g"):
            target, goes = values[0], word == "-g"
        elif word in ARGUMENTS:
            argument = f"{word} {values[0]}"
        elif word in MATCHES:
            match = MATCHES[word](values, flags, state)
            if match:
                matches.append(_not(match) if negated else match)
        elif word not in IGNORED:
            raise ValueError(f"iptables rule {str(entry)!r}: word {word!r} is not known")
    return Rule(entry, tuple(matches), target, argument, goes)


def _not(match: Match) -> Match:
    return lambda view: not match(view)


class Ruleset:
    """All chains of one network namespace; verdicts are remembered (the rules never change)."""

    def __init__(self, rules: list[IptablesRule], policies: list[ChainPolicy], state: State) -> None:
        self._chains: dict[tuple[str, str], list[Rule]] = {}
        for entry in rules:
            chain = self._chains.setdefault((entry.chain_table, entry.chain), [])
            chain.append(compile_rule(entry, state))
        self._policies = {(p.chain_table, p.chain): p for p in policies}
        self.at = {
            hook: tuple(
                table for table in tables if (table, hook) in self._chains or self._refuses(table, hook)
            )
            for hook, tables in TABLES_AT.items()
        }
        self.tracks = any(rule.chain_table == "nat" or "state " in rule.spec for rule in rules)
        self.looks_aside = any(word in rule.spec for rule in rules for word in ASIDE)
        self._known: dict[tuple, Verdict] = {}

    def _refuses(self, table: str, hook: str) -> bool:
        policy = self._policies.get((table, hook))
        return policy is not None and policy.target != "ACCEPT"

    def verdict(
        self,
        table: str,
        hook: str,
        packet: Tuple,
        indev: str | None,
        outdev: str | None,
        mark: int,
        ctstate: str | None,
        aside: Aside | None = None,
    ) -> Verdict:
        """Return what ``table`` decides about the packet at ``hook``.

        When only the chain's policy is left, the entry is the RETURN rule met last, because that
        rule sent the packet there, or in mangle the rule that marked it; without one it is the policy
        itself.
        """
        key = (table, hook, packet, indev, outdev, mark, ctstate, aside)
        try:
            return self._known[key]
        except KeyError:
            pass
        view = View(
            packet.src,
            packet.dst,
            packet.protocol,
            packet.sport,
            packet.dport,
            indev,
            outdev,
            mark,
            ctstate,
            aside,
        )
        allowed: list[Verdict] = []
        found, returned, view = self._run(table, hook, view, hook, allowed)
        if found is None:
            policy = self._policies.get((table, hook)) or ChainPolicy(table, hook, "ACCEPT")
            found = (returned or Verdict(policy.target, policy, hook, view.mark))._replace(
                target=policy.target, mark=view.mark
            )
        found = found._replace(note=_note(found), allowed=tuple(allowed), untracked=view.ctstate == UNTRACKED)
        if len(self._known) > 4096:
            self._known.clear()
        self._known[key] = found
        return found

    def _run(
        self, table: str, chain: str, view: View, path: str, allowed: list[Verdict]
    ) -> tuple[Verdict | None, Verdict | None, View]:
        """Walk one chain: (the final verdict or None, the last RETURN met or None, the view now)."""
        returned = None
        for rule in self._chains.get((table, chain), ()):
            if not all(match(view) for match in rule.matches):
                continue
            verdict = Verdict(rule.target, rule.entry, path, view.mark, rule.argument)
            if rule.target == "RETURN":
                return None, verdict, view
            if rule.target == "MARK":
                view = view._replace(mark=_marked(view.mark, rule.argument))
                if table == "mangle":
                    returned = verdict
                if rule.entry.policy:
                    allowed.append(verdict._replace(note=("allowed", verdict.path)))
            elif rule.target in ("NOTRACK", "CT"):
                view = view._replace(ctstate=UNTRACKED)
            elif rule.target in GOES_ON:
                continue
            elif rule.target in FINAL:
                return verdict, None, view
            else:
                found, inner, view = self._run(table, rule.target, view, f"{path} > {rule.target}", allowed)
                if found or rule.goes:
                    return found, inner or returned, view
                returned = inner or returned
        return None, returned, view


def _note(verdict: Verdict) -> tuple:
    """Return the sentence's key: a rule decided, a RETURN did, or only the policy was left."""
    if isinstance(verdict.entry, ChainPolicy):
        key = "policy"
    elif "-j MARK" in verdict.entry.spec:
        return "marked", verdict.path, f"{verdict.mark:#x}", verdict.target
    elif verdict.entry.policy and verdict.target == "DROP":
        key = "denied"
    else:
        key = "returned" if verdict.entry.spec.endswith("RETURN") else "verdict"
    return key, verdict.path, verdict.target


def _marked(mark: int, argument: str | None) -> int:
    """Apply ``--set-xmark VALUE/MASK``: clear the bits of the mask, then flip those of the value."""
    value, _, cleared = (argument or "").removeprefix("--set-xmark ").partition("/")
    return mark & ~int(cleared or "0xffffffff", 16) ^ int(value, 16)
