"""The ruleset of a namespace: how it is kept, printed, read and compared."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from ipaddress import ip_address

from packetwalk.tables.nftables.entries import (
    COUNTER,
    UNCOUNTED,
    NftChain,
    NftEntry,
    NftRule,
    NftSet,
    NftTable,
)
from packetwalk.tables.printed import TextTable
from packetwalk.tables.table import Contents, Part, Recorded, Sides

IPTABLES = re.compile(r"ip6? (filter|nat|mangle|raw|security)|(arp|bridge) (filter|nat|broute)")
"""The tables that ``iptables-nft`` and its sisters keep."""
MORE = ",\n\t\t\t     "
PROTOCOLS = {"icmp": 1, "ipencap": 4, "tcp": 6, "udp": 17, "sctp": 132}


class NftRuleset(TextTable[NftEntry]):
    """Tables, sets, chains and rules of nftables."""

    def key(self, entry: NftEntry) -> tuple[str, ...] | None:
        """Return the name of a table, a set or a chain; rules are not replaced."""
        if isinstance(entry, NftRule):
            return None
        if isinstance(entry, NftTable):
            return (entry.chain_table,)
        if isinstance(entry, NftSet):
            return entry.chain_table, "set", entry.name
        return entry.chain_table, "chain", entry.chain

    def part(self, entry: NftEntry) -> Part:
        """Return the chain of a rule, a set, or a table."""
        if isinstance(entry, NftTable):
            what, name = "table", ""
        elif isinstance(entry, NftSet):
            what, name = entry.kind, entry.name
        else:
            what, name = "chain", entry.chain

        def has(other: NftEntry) -> bool:
            if other.chain_table != entry.chain_table:
                return False
            return what == "table" or self._named(other) == (what == "chain", name)

        words = f"{what} {entry.chain_table} {name}".rstrip()
        return Part(f"nft/{words}", f"nft list {words}", has)

    def _named(self, entry: NftEntry) -> tuple[bool, str]:
        if isinstance(entry, NftTable):
            return False, ""
        return (False, entry.name) if isinstance(entry, NftSet) else (True, entry.chain)

    def lines(self, entries: Iterable[NftEntry]) -> list[str]:
        """Return what ``nft list`` prints: table by table the sets, then the chains with their rules."""
        every, out = list(entries), list[str]()
        for owner in dict.fromkeys(entry.chain_table for entry in every):
            mine = [entry for entry in every if entry.chain_table == owner]
            out.append(f"table {owner} {{")
            out += [
                f'\tcomment "{each.comment}"' for each in mine if isinstance(each, NftTable) and each.comment
            ]
            blocks = [_set_lines(each) for each in mine if isinstance(each, NftSet)]
            blocks += _chain_blocks(mine)
            for number, block in enumerate(blocks):
                out += [*([""] if number else []), *block]
            out.append("}")
        return out

    def parse(self, text: str) -> Iterator[NftEntry]:
        """Yield what ``nft list ruleset`` printed, counters at 0, without the tables that iptables keeps."""
        for entry in _printed(text):
            yield _at_zero(entry) if isinstance(entry, NftRule) else entry

    def sides(self, model: Contents, recorded: Recorded, played: Collection[str] = ()) -> Sides | None:
        """Return all lines, each with the table and the chain or the set that it is in."""
        if not self.is_recorded(recorded.files):
            return None
        ours, theirs = (
            [line for entry in each.entries(self) for line in _comparable(entry)]
            for each in (model, recorded)
        )
        return Sides(ours, theirs)

    def chain(self, line: str) -> tuple[str, ...] | None:
        """Return family, table and chain of a rule's comparable line; in sets order does not count."""
        words = line.split(" ", 5)
        return tuple(words[:4]) if words[2:5:2] == ["chain", "rule"] else None


def hits(text: str) -> Iterator[tuple[NftRule, int, int]]:
    """Yield the rules of ``nft list ruleset`` that count, with their packets and bytes."""
    for entry in _printed(text):
        counted = COUNTER.search(entry.spec) if isinstance(entry, NftRule) else None
        if counted and isinstance(entry, NftRule):
            yield _at_zero(entry), int(counted[1]), int(counted[2])


def _at_zero(entry: NftRule) -> NftRule:
    return entry._replace(spec=COUNTER.sub(UNCOUNTED, entry.spec))


def _printed(text: str) -> Iterator[NftEntry]:
    """Yield what was printed, as it was, without the tables that iptables keeps."""
    owner, block, kept = "", list[str](), False
    for number, line in enumerate(text.replace(MORE, ", ").splitlines(), 1):
        if line.startswith("table "):
            owner = line.removeprefix("table ").removesuffix(" {")
            kept, block = IPTABLES.fullmatch(owner) is None, []
        elif line == "}":
            if kept:
                yield from _table(owner, block)
            owner = ""
        elif owner:
            block.append(line)
        elif line and not line.startswith("#"):
            raise ValueError(f"nft list ruleset, line {number}: {line!r} stands in no table")


def _comparable(entry: NftEntry) -> Iterator[str]:
    owner = entry.chain_table
    if isinstance(entry, NftRule):
        yield f"{owner} chain {entry.chain} rule {entry.spec}"
    elif isinstance(entry, NftChain):
        yield " ".join([owner, "chain", entry.chain, entry.hook, entry.comment]).rstrip()
    elif isinstance(entry, NftTable):
        yield f"{owner} {entry.comment}".rstrip()
    else:
        yield f"{owner} {entry.kind} {entry.name} {' ; '.join(entry.properties)}"
        yield from (f"{owner} {entry.kind} {entry.name} element {each}" for each in entry.elements)


def _set_lines(entry: NftSet) -> list[str]:
    out = [f"\t{entry.kind} {entry.name} {{", *(f"\t\t{each}" for each in entry.properties)]
    if entry.elements:
        count = 2 if entry.type == "ipv4_addr" else 1
        every = sorted(entry.elements, key=lambda each: _place(each, entry.type))
        rows = [", ".join(every[k : k + count]) for k in range(0, len(every), count)]
        out += f"\t\telements = {{ {MORE.join(rows)} }}".split("\n")
    return [*out, "\t}"]


def _chain_blocks(entries: list[NftEntry]) -> list[list[str]]:
    """Return the lines of each chain; one of which only rules are there is printed too."""
    rules: dict[str, list[str]] = {}
    heads: dict[str, list[str]] = {}
    for entry in entries:
        if isinstance(entry, NftChain):
            comment = [f'\t\tcomment "{entry.comment}"'] if entry.comment else []
            heads[entry.chain] = [*comment, *([f"\t\t{entry.hook}"] if entry.hook else [])]
        elif isinstance(entry, NftRule):
            rules.setdefault(entry.chain, []).append(f"\t\t{entry.spec}")
    return [
        [f"\tchain {name} {{", *heads.get(name, ()), *rules.get(name, ()), "\t}"]
        for name in {**heads, **rules}
    ]


def _place(element: str, kind: str) -> tuple:
    """Return where an element is printed: the kernel's bytes of its key, and with several fields from the last on.

    nft compares them as one number in the order of bytes of this machine (``expr_value_cmp``).
    """
    key = element.split(" comment ")[0].split(" : ")[0]
    fields = key.split(" . ")
    if kind.startswith("ifname"):
        return (key,)
    numbers = [_bytes(field) for field in fields]
    return (numbers[0],) if len(fields) == 1 else tuple(each[::-1] for each in reversed(numbers))


def _bytes(field: str) -> bytes:
    """Return a field as it is in the kernel's key; of a network its address."""
    if "." in field or ":" in field:
        return ip_address(field.partition("/")[0]).packed
    if field in PROTOCOLS:
        return bytes([PROTOCOLS[field]])
    return int(field).to_bytes(2)


def _table(owner: str, block: list[str]) -> Iterator[NftEntry]:
    """Yield a table of which the lines between its braces are given."""
    comment = [line for line in block if line.startswith("\tcomment ")]
    yield NftTable(owner, _quoted(comment[0].strip()) if comment else "")
    inner: list[str] = []
    head = ""
    for line in block:
        if line.startswith("\t\t"):
            inner.append(line[2:])
        elif line.endswith(" {"):
            head, inner = line.strip().removesuffix(" {"), []
        elif line == "\t}":
            kind, _, name = head.partition(" ")
            yield from _chain(owner, name, inner) if kind == "chain" else [_set(owner, name, inner)]


def _chain(owner: str, name: str, inner: list[str]) -> Iterator[NftEntry]:
    comment = [line for line in inner if line.startswith("comment ")]
    hook = [line for line in inner if line.startswith("type ")]
    yield NftChain(owner, name, hook[0] if hook else "", _quoted(comment[0]) if comment else "")
    yield from (NftRule(owner, name, line) for line in inner if line not in (*comment, *hook))


def _set(owner: str, name: str, inner: list[str]) -> NftSet:
    said = dict(line.partition(" ")[::2] for line in inner)
    listed = said.get("elements", "").removeprefix("= {").removesuffix("}").strip()
    return NftSet(
        owner,
        name,
        said["type"],
        tuple(re.sub(r" expires \S+", "", each) for each in listed.split(", ")) if listed else (),
        _quoted(said.get("comment", "")),
        said.get("flags", ""),
        int(said.get("size", 0)),
        said.get("timeout", ""),
    )


def _quoted(text: str) -> str:
    return text.removeprefix("comment ").strip('"')


RULESET = NftRuleset(
    "nft",
    "nft list ruleset",
    (NftTable, NftSet, NftChain, NftRule),
    rank=95,
    files={"nft.txt": ("nft", "list", "ruleset")},
    masks={
        "nftables": "The order of rules within each chain is compared, not the order of chains and sets. Of the tables that iptables keeps there, iptables-save tells."
    },
)
