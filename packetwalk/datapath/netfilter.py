"""Netfilter: the hooks, the tables at each hook, and the walk through their chains.

Rules are kept in the words of ``iptables-save`` and compiled to predicates; nothing is written
twice.  Source for the order of tables at a hook: the priorities in
``include/uapi/linux/netfilter_ipv4.h`` (raw -300, mangle -150, dstnat -100, filter 0, srcnat 100).
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from typing import NamedTuple

from packetwalk.datapath.matches import (
    ASIDE,
    MATCHES,
    VALUES,
    Match,
    State,
    View,
    options,
)
from packetwalk.datapath.memo import Memo
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

    def fits(self, view: View) -> bool:
        """Whether a packet has all that the rule asks for."""
        return all(match.test(view) for match in self.matches)


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
    return Match(match.reads, lambda view: not match.test(view))


class Ruleset:
    """All chains of one network namespace; ``at`` has the base chains that are not empty, by hook."""

    def __init__(self, rules: list[IptablesRule], policies: list[ChainPolicy], state: State) -> None:
        self.chains: dict[tuple[str, str], list[Rule]] = {}
        for entry in rules:
            chain = self.chains.setdefault((entry.chain_table, entry.chain), [])
            chain.append(compile_rule(entry, state))
        self.policies = {(p.chain_table, p.chain): p for p in policies}
        self.at = {
            hook: tuple(
                BaseChain(self, table, hook)
                for table in tables
                if (table, hook) in self.chains or self._refuses(table, hook)
            )
            for hook, tables in TABLES_AT.items()
        }
        self.tracks = any(rule.chain_table == "nat" or "state " in rule.spec for rule in rules)
        self.looks_aside = any(word in rule.spec for rule in rules for word in ASIDE)

    def _refuses(self, table: str, hook: str) -> bool:
        policy = self.policies.get((table, hook))
        return policy is not None and policy.target != "ACCEPT"


class BaseChain:
    """The chain by which a hook enters a table (nftables' word), with all chains that it leads to.

    Rules never change, so a verdict is remembered: by what the rules read of a packet and by nothing else,
    since packets that differ elsewhere (in the port a client drew, say) fare alike.
    """

    def __init__(self, ruleset: Ruleset, table: str, hook: str) -> None:
        self.table, self._hook, self._chains = table, hook, ruleset.chains
        self._policy = ruleset.policies.get((table, hook)) or ChainPolicy(table, hook, "ACCEPT")
        read = {"mark", "ctstate", *self._reads(hook, set())}  # every verdict tells of these two
        self.reads = tuple(field for field in View._fields if field in read)
        self._key = itemgetter(*map(View._fields.index, self.reads))
        self.known: Memo[tuple, Verdict] = Memo()

    def _reads(self, chain: str, met: set[str]) -> Iterator[str]:
        """Yield the fields of a view that the rules of a chain read, and those of the chains it leads to."""
        met.add(chain)
        for rule in self._chains.get((self.table, chain), ()):
            for match in rule.matches:
                yield from match.reads
            if rule.target not in met:
                yield from self._reads(rule.target, met)

    def verdict(self, view: tuple) -> Verdict:
        """Return what the table decides about a packet; ``view`` has the fields of ``View``.

        When only the chain's policy is left, the entry is the RETURN rule met last, because that
        rule sent the packet there, or in mangle the rule that marked it; without one it is the policy
        itself.
        """
        key = self._key(view)
        try:
            return self.known[key]
        except KeyError:
            return self.known.keep(key, self.decide(View(*view)))

    def decide(self, view: View) -> Verdict:
        """Ask the rules."""
        allowed: list[Verdict] = []
        found, returned, view = self._run(self._hook, view, self._hook, allowed)
        if found is None:
            policy = self._policy
            found = (returned or Verdict(policy.target, policy, self._hook, view.mark))._replace(
                target=policy.target, mark=view.mark
            )
        return found._replace(note=_note(found), allowed=tuple(allowed), untracked=view.ctstate == UNTRACKED)

    def _run(
        self, chain: str, view: View, path: str, allowed: list[Verdict]
    ) -> tuple[Verdict | None, Verdict | None, View]:
        """Walk one chain: (the final verdict or None, the last RETURN met or None, the view now)."""
        returned = None
        for rule in self._chains.get((self.table, chain), ()):
            if not rule.fits(view):
                continue
            verdict = Verdict(rule.target, rule.entry, path, view.mark, rule.argument)
            if rule.target == "RETURN":
                return None, verdict, view
            if rule.target == "MARK":
                view = view._replace(mark=_marked(view.mark, rule.argument))
                if self.table == "mangle":
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
                found, inner, view = self._run(rule.target, view, f"{path} > {rule.target}", allowed)
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
