"""What a rule of nftables is made of, once it is read: questions, marks, verdicts; and what it makes of a packet."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import reduce
from typing import NamedTuple

from packetwalk.datapath.matches import Match, View
from packetwalk.tables import NftRule

ICMP = {"echo-reply": 0, "destination-unreachable": 3, "source-quench": 4, "redirect": 5, "echo-request": 8}
ICMP |= {"router-advertisement": 9, "router-solicitation": 10, "time-exceeded": 11, "parameter-problem": 12}
ICMP |= {"timestamp-request": 13, "timestamp-reply": 14, "info-request": 15, "info-reply": 16}
ICMP |= {"address-mask-request": 17, "address-mask-reply": 18}
CODES = {"net-unreachable": 0, "host-unreachable": 1, "prot-unreachable": 2, "port-unreachable": 3, "frag-needed": 4}
CODES |= {"net-prohibited": 9, "host-prohibited": 10, "admin-prohibited": 13}
"""The types and codes of ICMP that nft calls by name."""
OPERATORS: Mapping[str, Callable[[int], Callable[[int], int]]] = {
    "|": lambda bits: bits.__or__,
    "&": lambda bits: bits.__and__,
    "^": lambda bits: bits.__xor__,
}
"""What changes a mark."""


class Marking(NamedTuple):
    """``meta mark set``: what a mark becomes."""

    change: Callable[[int], int]
    reads: tuple[str, ...] = ("mark",)


class Deciding(NamedTuple):
    """A verdict, or what a map says of the packet: words of nft, None where the map has no such element."""

    words: Callable[[View], str | None]
    reads: tuple[str, ...] = ()


class Counting(NamedTuple):
    """``counter``."""

    reads: tuple[str, ...] = ()


Expression = Match | Marking | Deciding | Counting


class Evaluated(NamedTuple):
    """What a rule makes of a packet: a verdict in its words (empty: it goes on), its mark, whether it counted."""

    verdict: str
    mark: int
    counted: bool


class NftCompiled(NamedTuple):
    """A compiled rule; ``leads`` are the chains to which it can send a packet, ``same`` is how many equal ones stand before it."""

    entry: NftRule
    expressions: tuple[Expression, ...]
    leads: tuple[str, ...]
    same: int = 0

    @property
    def tracks(self) -> bool:
        """Whether the kernel tracks connections for it (``nf_ct_netns_get``)."""
        return re.search(r"(^| )(ct (state|status)|masquerade|dnat)( |$)", self.entry.words) is not None

    def ask(self, view: View) -> Evaluated:
        """Evaluate the expressions for a packet."""
        counted = False
        for each in self.expressions:
            if isinstance(each, Match):
                if not each.test(view):
                    break
            elif isinstance(each, Marking):
                view = view._replace(mark=each.change(view.mark))
            elif isinstance(each, Deciding):
                return Evaluated(each.words(view) or "", view.mark, counted)
            else:
                counted = True
        return Evaluated("", view.mark, counted)


def of_icmp(field: str, value: str, *, no: bool) -> Match:
    """``icmp type`` and ``icmp code``."""
    place = ("type", "code").index(field)
    wanted = int(value) if value.isdecimal() else (ICMP, CODES)[place][value]
    found = Match(("aside",), lambda view: view.aside is not None and view.aside.icmp[place] == wanted)
    return found.inverse() if no else found


def marking(steps: list[tuple[str, int]]) -> Marking:
    """Return what becomes of a mark, step by step: an operator and bits."""
    made = [OPERATORS[how](bits) for how, bits in steps]
    return Marking(lambda mark: reduce(lambda now, step: step(now), made, mark))
