"""``nft`` (1.0.6): list the ruleset, or a table, a chain, a set or a map of it; what changes it is in ``nft_change``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from packetwalk.shell import nft_change
from packetwalk.shell.terminal import Failure, Terminal, Unknown
from packetwalk.tables import NftChain, NftRule, NftSet, NftTable
from packetwalk.tables.iptables import IPTABLES
from packetwalk.tables.nftables import RULESET, NftEntry
from packetwalk.tables.nftables.entries import UNCOUNTED

KNOWN = (
    "list ruleset, list tables, list table, chain, set or map [FAMILY] TABLE [NAME], -s; " + nft_change.KNOWN
)
WHOLE = ("list tables", "list ruleset")
LEFT_OUT = "# the model leaves out the tables that iptables keeps: iptables-save prints their rules\n"
PARTS = {"table": NftTable, "chain": NftChain, "set": NftSet, "map": NftSet}


def run(terminal: Terminal, arguments: list[str]) -> str:
    """Print rules, with what they have counted."""
    stateless = any(word in ("-s", "--stateless") for word in arguments)
    words = [word for word in arguments if word not in ("-s", "--stateless")]
    if words and words[0] in nft_change.VERBS:
        return nft_change.run(terminal, words)
    entries = terminal.entries(RULESET)
    if " ".join(words) in WHOLE:
        left_out = LEFT_OUT if terminal.entries(IPTABLES) else ""
        if words[1] == "tables":
            names = [each.chain_table for each in entries if isinstance(each, NftTable)]
            return left_out + "".join(f"table {name}\n" for name in names)
        return left_out + _listed(terminal, entries, stateless=stateless)
    if len(words) < 3 or words[0] != "list" or words[1] not in PARTS:
        raise Unknown("nft", " ".join(arguments), KNOWN)
    what, named = words[1], words[2:]
    family = named.pop(0) if named[0] in nft_change.FAMILIES else "ip"
    if len(named) != (1 if what == "table" else 2):
        raise Unknown("nft", " ".join(arguments), KNOWN)
    owner = f"{family} {named[0]}"
    inside = [each for each in entries if each.chain_table == owner]
    if not inside:
        raise _missing(words, named[0])
    found = _named(inside, what, named[-1])
    if not found:
        raise _missing(words, named[-1])
    part = RULESET.part(found)
    return _listed(terminal, filter(part.has, inside), stateless=stateless)


def _named(entries: list[NftEntry], what: str, name: str) -> NftEntry | None:
    """Return what has a name, of a table the table itself."""
    for each in entries:
        if isinstance(each, PARTS[what]):
            of = {"table": name, "chain": getattr(each, "chain", "")}.get(what, getattr(each, "name", ""))
            if of == name and (what not in ("set", "map") or getattr(each, "kind", "") == what):
                return each
    return None


def _missing(words: list[str], name: str) -> Failure:
    """Return the error about a name that is not there."""
    line = " ".join(words)
    place = line.rindex(name)
    return Failure(f"Error: No such file or directory\n{line}\n{' ' * place}{'^' * len(name)}")


def _listed(terminal: Terminal, entries: Iterable[NftEntry], *, stateless: bool) -> str:
    before: Counter[NftRule] = Counter()
    shown = []
    for each in entries:
        if isinstance(each, NftRule):
            packets, size = terminal.state.counters.rule(terminal.name, each, before[each])
            before[each] += 1
            counted = "counter" if stateless else f"counter packets {packets} bytes {size}"
            each = each._replace(spec=each.spec.replace(UNCOUNTED, counted))  # noqa: PLW2901
        shown.append(each)
    return "".join(f"{line}\n" for line in RULESET.lines(shown))


PROGRAMS = {"nft": run}
