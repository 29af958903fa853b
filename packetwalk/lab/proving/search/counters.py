"""What the rules of netfilter counted, in model and recording."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from packetwalk.capture.recording import Place, Recording
from packetwalk.datapath.run import Run
from packetwalk.tables import NftRule
from packetwalk.tables.iptables import IPTABLES, hit
from packetwalk.tables.nftables import RULESET, hits

MASKS = {
    "counters": "Packets and bytes of every rule that counts are compared, over all packets together; of TCP, and in the "
    "table nat, only which rules met any: the segments that close a connection are the socket's, and nat sees the "
    "first packet of a connection, which for a tunnel's own may have been one before. The counters of policies, "
    "and of rules about ARP, are left out.",
}
Key = tuple[str, str, int]  # netfilter's table (and chain), the rule, how many equal ones stand before it
Count = tuple[int, int]  # packets, bytes
NAT = re.compile(r"(^| )nat(-|$)")


def difference(runs: Iterable[Run], recording: Recording) -> str:
    """Return the first rule that counted differently; empty when there is none.

    ``runs`` are of all packets that were sent since the rules were written, also of those that were not recorded.
    """
    every = list(runs)
    exact = not any(trace.flow.proto == "tcp" for run in every for trace in run.traces)
    for place in recording.places:
        ours = _modelled(every, place.netns)
        for (table, line, same), theirs in _recorded(place).items():
            mine = ours.get((table, line, same), (0, 0))
            if mine != theirs if exact and not NAT.search(table) else bool(mine[0]) != bool(theirs[0]):
                return (
                    f"{place.netns}: {table} {line}: the model counts {mine[0]} packets, {mine[1]} bytes; "
                    f"the kernel {theirs[0]} packets, {theirs[1]} bytes"
                )
    return ""


def _recorded(place: Place) -> dict[Key, Count]:
    out: dict[Key, Count] = {}
    before: Counter[tuple[str, str]] = Counter()
    saved = place.files.get(next(iter(IPTABLES.files)), "")
    counted = [(table, *hit(line)) for table, line in _rules(saved)]
    counted += [
        (f"{rule.chain_table} {rule.chain}", rule.spec, packets, size)
        for rule, packets, size in hits(place.files.get(next(iter(RULESET.files)), ""))
        if rule.chain_table.startswith("ip ")
    ]
    for table, spec, packets, size in counted:
        out[table, spec, before[table, spec]] = packets, size
        before[table, spec] += 1
    return out


def _rules(text: str) -> Iterator[tuple[str, str]]:
    table = ""
    for line in text.splitlines():
        if line.startswith("*"):
            table = line[1:]
        elif line.startswith("["):
            yield table, line


def _modelled(runs: Iterable[Run], netns: str) -> dict[Key, Count]:
    out: dict[Key, Count] = {}
    for run in runs:
        for name, verdict, size in run.verdicts:
            for rule in verdict.counts if name == netns else ():
                entry = rule.entry
                native = f" {entry.chain}" if isinstance(entry, NftRule) else ""
                key = f"{entry.chain_table}{native}", str(entry), rule.same
                packets, total = out.get(key, (0, 0))
                out[key] = packets + 1, total + size
    return out
