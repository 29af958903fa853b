"""Twenty ways in which the model could be wrong: random search has to find each (``python -m tests.lab.proving.alterations``).

The command draws cases as ``packetwalk prove --random`` does, until an altered model says of one something else than
the model, sends that case through the kernel with the altered model, and prints how many draws it took.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

from packetwalk.datapath import (
    arp,
    bridge,
    chain,
    fib,
    handshake,
    hooks,
    ip,
    local,
    nat,
    netfilter,
    netns,
    pmtu,
    reject,
)
from packetwalk.lab.proving import search
from packetwalk.proof.compare import frames
from packetwalk.proof.draws import RandomCase
from packetwalk.shell import Shell, State
from packetwalk.tables import table_of
from packetwalk.tables.route import REFUSING

IN_EVERY_RUN = (
    "forwarding takes two from the time to live",
    "a time to live of 1 is passed on",
    "a bridge learns nothing",
)
MOST = 500
SEED = "alterations"


class Alteration(NamedTuple):
    """A change of the model: ``name`` of ``where`` (an attribute, or a key) is what ``made`` makes of it."""

    where: Any
    name: str
    made: Callable[[Any], Any]


def instead(value: Any) -> Callable[[Any], Any]:
    return lambda was: value


def swapped(*tables: str) -> Callable[[Any], Any]:
    return instead(tables)


def _one_more(was: Callable) -> Callable:
    def forward(run, ns, skb, dev, route) -> None:
        skb.set_ip(skb.ip._replace(ttl=skb.ip.ttl - 1))
        was(run, ns, skb, dev, route)

    return forward


def _passes_on_one(was: Callable) -> Callable:
    def forward(run, ns, skb, dev, route) -> None:
        skb.set_ip(skb.ip._replace(ttl=max(skb.ip.ttl, 2)))
        was(run, ns, skb, dev, route)

    return forward


def _forgets_inversion(was: Callable) -> Callable:
    return lambda rule, asked: was(rule._replace(inverted=False), asked)


ALTERATIONS = {
    "forwarding takes two from the time to live": Alteration(ip, "forward", _one_more),
    "a time to live of 1 is passed on": Alteration(ip, "forward", _passes_on_one),
    "the MTU of a route does not count": Alteration(
        pmtu, "of_route", instead(lambda ns, route: ns.mtus["lo" if route.type == "local" else route.dev])
    ),
    "everybody forwards": Alteration(netns.Netns, "forwards", instead(lambda self, dev: True)),
    "FORWARD asks no mangle": Alteration(netfilter.TABLES_AT, "FORWARD", swapped("filter")),
    "OUTPUT asks no filter": Alteration(netfilter.TABLES_AT, "OUTPUT", swapped("raw", "mangle", "nat")),
    "POSTROUTING asks no mangle": Alteration(netfilter.TABLES_AT, "POSTROUTING", swapped("nat")),
    "PREROUTING asks no raw": Alteration(netfilter.TABLES_AT, "PREROUTING", swapped("mangle", "nat")),
    "an answer is NEW": Alteration(hooks, "ESTABLISHED", instead("NEW")),
    "marks are added, never cleared": Alteration(
        chain, "_marked", instead(lambda mark, value: mark | int(value.split()[1].split("/")[0], 16))
    ),
    "masquerading keeps the source": Alteration(
        nat, "_wanted", instead(lambda ns, skb, v, c, now, i, o: now)
    ),
    "REJECT always says port unreachable": Alteration(reject, "REJECTS", lambda was: dict.fromkeys(was, 3)),
    "a prohibited packet is told as one to a host": Alteration(ip.TOLD, "prohibit", instead((3, 10))),
    "a blackhole tells the sender": Alteration(ip.TOLD, "blackhole", instead((3, 1))),
    "a rule of routing forgets its not": Alteration(fib, "applies", _forgets_inversion),
    "an error quotes eight bytes": Alteration(local, "QUOTED", instead(28)),
    "a bridge learns nothing": Alteration(bridge, "learn", instead(lambda *_: None)),
    "arp_ignore does nothing": Alteration(arp, "_ignored", instead(lambda *_: False)),
    "TCP offers 20 bytes less": Alteration(handshake, "options", lambda was: lambda mtu: was(mtu - 20)),
    "proxy ARP answers for nobody": Alteration(arp, "_proxied", instead(lambda *_: None)),
}
assert len(ALTERATIONS) == 20 and "blackhole" in REFUSING


@contextmanager
def altered(name: str) -> Iterator[None]:
    """Let the model be wrong in one way."""
    where, attribute, made = ALTERATIONS[name]
    if isinstance(where, dict):
        with patch.dict(where, {attribute: made(where.get(attribute))}):
            yield
    else:
        with patch.object(where, attribute, made(getattr(where, attribute))):
            yield


def said(case: RandomCase) -> list[Any]:
    """Return all that the model says of a case: what its commands print, its tables, and its packets' frames."""
    state, told = State(case.network()), []
    for command in case.commands:
        told.append(str(Shell(state, command.netns).run(command.argv)))
    for each in case.commands:
        ns = state.netns(each.netns)
        told.append(
            [str(entry) for table in ns._held.values() for entry in table if table_of(entry).compared]
        )
    for trial in case.trials:
        try:
            run = state.network.send(trial.src, trial.dst, trial.packet)
            told.append(frames.lines(frames.modelled(run), ()))
            told.append([(netns, str(r.entry)) for netns, each, _ in run.verdicts for r in each.counts])
        except Exception as error:
            told.append(repr(error))
    return told


def drawn(many: int = MOST, seed: str = SEED) -> list[RandomCase]:
    """Draw cases without doing anything with them."""
    return [each.case for each in search.search(many, seed, search.modes(), search.Outcome)]


def differing(name: str, cases: list[RandomCase], usual: dict[int, list[Any]]) -> Iterator[int]:
    """Yield the numbers of the cases of which an altered model says something else; ``usual`` is kept from call to call."""
    for number, case in enumerate(cases):
        if number not in usual:
            usual[number] = said(case)
        with altered(name):
            other = said(case) != usual[number]
        if other:
            yield number


def main(names: list[str]) -> int:
    """Print the draws that each alteration took, or those that are named; return 1 if one was not found."""
    cases = drawn()
    usual: dict[int, list[Any]] = {}  # what the model says of each, when it is first asked
    bad = 0
    for name in names or ALTERATIONS:
        number, found = None, ""
        for number in differing(name, cases, usual):
            with altered(name):
                found = search.perform(cases[number]).difference
            if found and not search.perform(cases[number]).difference:
                break
            found = ""
        bad |= not found
        print(
            f"{name:45} {number + 1 if found and number is not None else 'not found':>9}  {found[:110]}",
            flush=True,
        )
    return bad


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
