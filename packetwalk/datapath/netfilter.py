"""Netfilter: the hooks, the tables at each hook, and the walk through their chains.

Rules are kept in the words of ``iptables-save`` and compiled to predicates; nothing is written
twice.  Source for the order of tables at a hook: the priorities in
``include/uapi/linux/netfilter_ipv4.h`` (raw -300, mangle -150, dstnat -100, filter 0, srcnat 100).
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import NamedTuple

from packetwalk.datapath.conntrack import Tuple
from packetwalk.datapath.fib import number, prefix
from packetwalk.tables import PolicyEntry, RuleEntry

TABLES_AT = {
    "PREROUTING": ("raw", "mangle", "nat"),
    "INPUT": ("mangle", "filter", "nat"),
    "FORWARD": ("mangle", "filter"),
    "OUTPUT": ("raw", "mangle", "nat", "filter"),
    "POSTROUTING": ("mangle", "nat"),
}
FINAL = {"ACCEPT", "DROP", "REJECT", "DNAT", "SNAT", "MASQUERADE"}


class View(NamedTuple):
    """What rules can match on: one packet at one hook."""

    src: str
    dst: str
    protocol: str
    sport: int
    dport: int
    indev: str | None
    outdev: str | None
    mark: int
    ctstate: str | None


class Verdict(NamedTuple):
    """``target`` decided by ``entry`` (a rule, or the chain's policy); ``mark`` is the packet's now.

    ``chain`` is the path of chains to the rule, ``argument`` the address of a NAT target, ``note``
    the sentence's key and arguments.
    """

    target: str
    entry: RuleEntry | PolicyEntry
    chain: str
    mark: int
    argument: str | None = None
    note: tuple = ()

    @property
    def path(self) -> str:
        """Where the rule stands: the table, then the chains that led to it."""
        return f"table {self.entry.chain_table}, {self.chain}"


Match = Callable[[View], bool]


class Rule(NamedTuple):
    """A compiled rule."""

    entry: RuleEntry
    matches: tuple[Match, ...]
    target: str
    argument: str | None


def _net(value: str, field: str) -> Match:
    network, length = prefix(value)
    mask = (0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF
    if field == "src":
        return lambda view: number(view.src) & mask == network
    return lambda view: number(view.dst) & mask == network


def _device(value: str, field: str) -> Match:
    stem = value.removesuffix("+")
    if stem != value:
        return lambda view: (getattr(view, field) or "").startswith(stem)
    return lambda view: getattr(view, field) == value


def _mark(value: str) -> Match:
    wanted, _, mask = value.partition("/")
    bits, want = int(mask or "0xffffffff", 16), int(wanted, 16)
    return lambda view: view.mark & bits == want


def _states(value: str) -> Match:
    states = set(value.split(","))
    return lambda view: view.ctstate in states


MATCHES: dict[str, Callable[[str], Match]] = {
    "-s": lambda value: _net(value, "src"),
    "-d": lambda value: _net(value, "dst"),
    "-i": lambda value: _device(value, "indev"),
    "-o": lambda value: _device(value, "outdev"),
    "-p": lambda value: lambda view: view.protocol == value,
    "--dport": lambda value: lambda view: view.dport == int(value),
    "--sport": lambda value: lambda view: view.sport == int(value),
    "--mark": _mark,
    "--ctstate": _states,
}
ARGUMENTS = {"--to-destination", "--to-source", "--set-xmark", "--reject-with"}
IGNORED = {"-m", "--comment"}
FLAGS = {"--random-fully"}


def compile_rule(entry: RuleEntry) -> Rule:
    """Return the compiled form of one rule; ValueError names a word that is not known."""
    words, matches, target, argument = shlex.split(entry.spec), [], "", None
    negated = False
    queue = iter(words)
    for word in queue:
        if word == "!":
            negated = True
        elif word in IGNORED:
            next(queue)
        elif word == "-j":
            target = next(queue)
        elif word in ARGUMENTS:
            argument = f"{word} {next(queue)}"
        elif word in MATCHES:
            match = MATCHES[word](next(queue))
            matches.append(_not(match) if negated else match)
            negated = False
        elif word not in FLAGS:
            raise ValueError(f"iptables rule {str(entry)!r}: word {word!r} is not known")
    return Rule(entry, tuple(matches), target, argument)


def _not(match: Match) -> Match:
    return lambda view: not match(view)


class Ruleset:
    """All chains of one network namespace; verdicts are remembered (the rules never change)."""

    def __init__(self, rules: list[RuleEntry], policies: list[PolicyEntry]) -> None:
        self._chains: dict[tuple[str, str], list[Rule]] = {}
        for entry in rules:
            chain = self._chains.setdefault((entry.chain_table, entry.chain), [])
            chain.append(compile_rule(entry))
        self._policies = {(p.chain_table, p.chain): p for p in policies}
        self.at = {
            hook: tuple(table for table in tables if (table, hook) in self._chains
                        or self._refuses(table, hook))
            for hook, tables in TABLES_AT.items()
        }
        self.tracks = any(rule.entry.chain_table == "nat" or "--ctstate" in rule.entry.spec
                          for chain in self._chains.values() for rule in chain)
        self._known: dict[tuple, Verdict] = {}

    def _refuses(self, table: str, hook: str) -> bool:
        policy = self._policies.get((table, hook))
        return policy is not None and policy.target != "ACCEPT"

    def verdict(self, table: str, hook: str, packet: Tuple, indev: str | None, outdev: str | None,
                mark: int, ctstate: str | None) -> Verdict:
        """Return what ``table`` decides about the packet at ``hook``.

        When only the chain's policy is left, the entry is the RETURN rule met last, because that
        rule sent the packet there; without one it is the policy itself.
        """
        key = (table, hook, packet, indev, outdev, mark, ctstate)
        try:
            return self._known[key]
        except KeyError:
            pass
        view = View(packet.src, packet.dst, packet.protocol, packet.sport, packet.dport,
                    indev, outdev, mark, ctstate)
        found, returned, mark = self._run(table, hook, view, hook)
        if found is None:
            policy = self._policies.get((table, hook)) or PolicyEntry(table, hook, "ACCEPT")
            found = (returned or Verdict(policy.target, policy, hook, mark))._replace(
                target=policy.target, mark=mark)
        found = found._replace(note=_note(found))
        if len(self._known) > 4096:
            self._known.clear()
        self._known[key] = found
        return found

    def _run(self, table: str, chain: str, view: View,
             path: str) -> tuple[Verdict | None, Verdict | None, int]:
        """Walk one chain: (the final verdict or None, the last RETURN met or None, the mark)."""
        returned = None
        for rule in self._chains.get((table, chain), ()):
            if not all(match(view) for match in rule.matches):
                continue
            verdict = Verdict(rule.target, rule.entry, path, view.mark, rule.argument)
            if rule.target == "RETURN":
                return None, verdict, view.mark
            if rule.target == "MARK":
                view = view._replace(mark=_marked(view.mark, rule.argument))
            elif rule.target == "":
                continue  # a rule without -j only counts
            elif rule.target in FINAL:
                return verdict, None, view.mark
            else:
                found, inner, mark = self._run(table, rule.target, view, f"{path} > {rule.target}")
                if found:
                    return found, None, mark
                returned, view = inner or returned, view._replace(mark=mark)
        return None, returned, view.mark


def _note(verdict: Verdict) -> tuple:
    """Return the sentence's key: a rule decided, a RETURN did, or only the policy was left."""
    if isinstance(verdict.entry, PolicyEntry):
        key = "policy"
    else:
        key = "returned" if verdict.entry.spec.endswith("RETURN") else "verdict"
    return key, verdict.path, verdict.target


def _marked(mark: int, argument: str | None) -> int:
    """Apply ``--set-xmark VALUE/MASK``: clear the bits of the mask, then flip those of the value."""
    value, _, cleared = (argument or "").removeprefix("--set-xmark ").partition("/")
    return mark & ~int(cleared or "0xffffffff", 16) ^ int(value, 16)
