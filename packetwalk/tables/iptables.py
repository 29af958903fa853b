"""Netfilter's rules and chain policies, as ``iptables-save`` prints them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from packetwalk.tables.drawing import Around, Pick
from packetwalk.tables.printed import TextTable
from packetwalk.tables.table import Contents, Part, Recorded, Sides

BUILT_IN = {
    "raw": ("PREROUTING", "OUTPUT"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
}
"""The chains that each table has from the start."""
SAVED = ("mangle", "raw", "filter", "nat")
"""The tables in the order in which ``iptables-save`` prints them."""
TARGETS = frozenset(
    (
        *(
            "ACCEPT",
            "AUDIT",
            "CHECKSUM",
            "CLASSIFY",
            "CLUSTERIP",
            "CONNMARK",
            "CONNSECMARK",
            "CT",
            "DNAT",
            "DROP",
        ),
        *(
            "DSCP",
            "ECN",
            "HMARK",
            "IDLETIMER",
            "LED",
            "LOG",
            "MARK",
            "MASQUERADE",
            "NETMAP",
            "NFLOG",
            "NFQUEUE",
        ),
        *(
            "NOTRACK",
            "RATEEST",
            "REDIRECT",
            "REJECT",
            "RETURN",
            "SECMARK",
            "SET",
            "SNAT",
            "SYNPROXY",
            "TCPMSS",
        ),
        *("TCPOPTSTRIP", "TEE", "TOS", "TPROXY", "TRACE", "TTL", "ULOG"),
    )
)
"""Where a rule can jump that is no chain (iptables-extensions(8))."""
JUMP = re.compile(r'(?:^| )-[jg] ([^ "]+)')
COMMENT = re.compile(r'"(?:[^"\\\\]|\\\\.)*"')
COUNTED = re.compile(r"\[(\d+):(\d+)\] ")
OWN = "MINE"
ERRORS = (
    *("port-unreachable", "host-unreachable", "net-unreachable", "proto-unreachable"),
    *("host-prohibited", "net-prohibited", "admin-prohibited"),
)
PORTS = (8080, 8472, 4789, 80, 10250, 41000)
CONNECTION_STATES = (
    "NEW",
    "ESTABLISHED",
    "RELATED",
    "RELATED,ESTABLISHED",
    "INVALID",
    "UNTRACKED",
    "DNAT",
    "SNAT",
)


class IptablesRule(NamedTuple):
    """A netfilter rule, in the words of ``iptables-save``; ``spec`` is all after the chain.

    ``inserted`` rules stand before those that were there already (``iptables -I``); ``policy`` says that
    the rule is part of a network policy, so that what it drops is denied and what it marks is allowed.
    """

    chain_table: str
    chain: str
    spec: str
    inserted: bool = False
    policy: bool = False

    def __str__(self) -> str:
        return f"-A {self.chain} {self.spec}"

    def argv(self) -> list[list[str]]:
        """Return the line for ``iptables-restore --noflush`` (table, then the rule)."""
        words = str(self).split(" ")
        return [["iptables", "-t", self.chain_table, "-I" if self.inserted else "-A", *words[1:]]]


class UserChain(NamedTuple):
    """A chain that somebody has made (``iptables -N``); one with rules, or to which a rule jumps, is there anyway."""

    chain_table: str
    chain: str

    def __str__(self) -> str:
        return f":{self.chain} - [0:0]"

    def argv(self) -> list[list[str]]:
        """Return ``iptables -N``."""
        return [["iptables", "-t", self.chain_table, "-N", self.chain]]


class Hit(NamedTuple):
    """A rule with its counters, as ``iptables-save -c`` prints it; ``size`` is in bytes."""

    rule: str
    packets: int
    size: int


def hit(line: str) -> Hit:
    """Read one line of ``iptables-save -c``: ``[packets:bytes] -A CHAIN ...``."""
    counted = COUNTED.match(line)
    if counted is None:
        raise ValueError(f"iptables-save -c: {line!r} has no counters")
    return Hit(line[counted.end() :], int(counted[1]), int(counted[2]))


class ChainPolicy(NamedTuple):
    """What happens to a packet that no rule of a built-in chain decided (``iptables -P``)."""

    chain_table: str
    chain: str
    target: str

    def __str__(self) -> str:
        return f":{self.chain} {self.target} [0:0]"

    def argv(self) -> list[list[str]]:
        """Return ``iptables -P``."""
        return [["iptables", "-t", self.chain_table, "-P", self.chain, self.target]]


Entry = IptablesRule | ChainPolicy | UserChain


class Iptables(TextTable[Entry]):
    """The rules and chain policies of all of netfilter's tables."""

    def key(self, entry: Entry) -> tuple[str, str] | None:
        """Return a policy's or a chain's name; rules are not replaced."""
        return None if isinstance(entry, IptablesRule) else (entry.chain_table, entry.chain)

    def hold(self, written: Iterable[Entry]) -> list[Entry]:
        """Return inserted rules, the last one first, before those that were appended."""
        inserted: list[Entry] = []
        appended: list[Entry] = []
        for entry in super().hold(written):
            first = isinstance(entry, IptablesRule) and entry.inserted
            (inserted if first else appended).append(entry)
        return [*reversed(inserted), *appended]

    def draw(self, pick: Pick, around: Around) -> list[str] | None:
        """Return ``iptables``: a rule of any chain, one taken away, a chain's policy, or a chain made or emptied."""
        table = pick.one_of(tuple(BUILT_IN))
        present = [argv for argv in around.present if argv[2] == table and argv[3] != "-P"]
        chains = (*BUILT_IN[table], *dict.fromkeys(argv[4] for argv in present), OWN)
        chain = pick.one_of(BUILT_IN[table] if pick.chance(75) else chains)
        start = ["iptables", "-t", table]
        if table != "nat" and chain in BUILT_IN[table] and pick.chance(10):
            return [*start, "-P", chain, pick.one_of(("DROP", "ACCEPT"))]
        if pick.chance(8):
            return [*start, *pick.one_of((["-N", OWN], ["-F", chain]))]
        if present and pick.chance(10):
            return _deleted(pick.one_of(present))
        words = [*start, pick.one_of(("-A", "-I")), chain]
        for word in ("-s", "-d"):
            if pick.chance(20):
                no = ["!"] if pick.chance(25) else []
                words += [*no, word, pick.one_of((*around.addresses, *around.networks))]
        if chain in ("PREROUTING", "INPUT", "FORWARD") and pick.chance(15):
            words += ["-i", pick.one_of((*around.names, "lo"))]
        if chain in ("POSTROUTING", "OUTPUT", "FORWARD") and pick.chance(15):
            words += ["-o", pick.one_of((*around.names, "lo"))]
        proto = pick.one_of(("", *around.protocols, "icmp", "udp", "tcp"))
        words += ["-p", proto] if proto else []
        if proto in ("udp", "tcp") and pick.chance(50):
            words += [pick.one_of(("--dport", "--sport")), str(pick.one_of(PORTS))]
        if pick.chance(25):
            words += ["-m", "conntrack", "--ctstate", pick.one_of(CONNECTION_STATES)]
        if pick.chance(10):
            words += ["-m", "mark", "--mark", pick.one_of(("0x1", "0x10/0x10", "0x4000/0x4000"))]
        own = [argv[4] for argv in present if argv[4] not in BUILT_IN[table]]
        if chain in BUILT_IN[table] and pick.chance(15):
            return [*words, "-j", pick.one_of((*dict.fromkeys(own), OWN))]
        return [*words, "-j", *_target(pick, around, table, chain, proto)]

    def parse(self, text: str) -> Iterator[Entry]:
        """Yield rules, policies, and chains that somebody has made, in their order."""
        table = ""
        for number, counted in enumerate(text.splitlines(), 1):
            line = COUNTED.sub("", counted, count=1)
            if line.startswith("*"):
                table = line[1:]
            elif line.startswith(":"):
                chain, target, *_ = line[1:].split(" ")
                yield UserChain(table, chain) if target == "-" else ChainPolicy(table, chain, target)
            elif line.startswith("-A "):
                _, chain, spec = line.split(" ", 2)
                yield IptablesRule(table, chain, spec)
            elif line and line != "COMMIT" and not line.startswith("#"):
                raise ValueError(f"iptables-save, line {number}: {line!r} is no rule")

    def sides(self, model: Contents, recorded: Recorded, played: Collection[str] = ()) -> Sides | None:
        """Return the rules with their tables; not the policies."""
        if not self.is_recorded(recorded.files):
            return None
        ours, theirs = (
            [f"{each.chain_table} {each}" for each in entries if isinstance(each, IptablesRule)]
            for entries in (model.entries(self), recorded.entries(self))
        )
        return Sides(ours, theirs)

    def chain(self, line: str) -> tuple[str, ...]:
        """Return table and chain of a comparable line."""
        return tuple(line.split(" ", 3)[:3])

    def part(self, entry: Entry) -> Part:
        """Return one of netfilter's tables."""
        table = entry.chain_table
        return Part(
            f"iptables/{table}", f"iptables-save -t {table}", lambda other: other.chain_table == table
        )

    def lines(self, entries: Iterable[Entry]) -> list[str]:
        """Return what ``iptables-save`` prints, without counters: built-in chains, then the others by name."""
        every, out = list(entries), []
        written = {entry.chain_table for entry in every}
        for table in [*(each for each in SAVED if each in written), *sorted(written - set(SAVED))]:
            mine = [entry for entry in every if entry.chain_table == table]
            rules = [entry for entry in mine if isinstance(entry, IptablesRule)]
            built_in = policies(mine, table)
            first = [policy.chain for policy in built_in]
            made = self.made(mine, table)
            out += [f"*{table}", *map(str, built_in), *(str(UserChain(table, chain)) for chain in made)]
            out += [str(rule) for chain in (*first, *made) for rule in rules if rule.chain == chain]
            out.append("COMMIT")
        return out

    def made(self, entries: Iterable[Entry], table: str) -> list[str]:
        """Return the chains of a table that are not built in, by name."""
        names: set[str] = set()
        for entry in entries:
            if entry.chain_table == table:
                names.add(entry.chain)
                names |= {jump(entry.spec)} if isinstance(entry, IptablesRule) else set()
        return sorted(names - TARGETS - {"", *BUILT_IN.get(table, ())})

    def json(self, contents: Contents) -> str:
        """Return the text, for the tool has no JSON."""
        return self.text(contents)


IPTABLES = Iptables(
    "iptables",
    "iptables-save",
    (IptablesRule, ChainPolicy, UserChain),
    rank=90,
    files={"iptables.txt": ("iptables-save", "-c")},
    always=True,
    usual=True,
    chances=8,
    masks={"iptables": "The order of rules within each chain is compared, not the order of the chains."},
)


@lru_cache(1 << 14)
def jump(spec: str) -> str:
    """Return the target or chain to which a rule jumps, or nothing; what a comment says does not count."""
    found = JUMP.search(COMMENT.sub("", spec))
    return found[1] if found else ""


def policies(entries: Iterable[Entry], table: str) -> list[ChainPolicy]:
    """Return the built-in chains of one of netfilter's tables with their policies, ACCEPT unless set."""
    known = {
        each.chain: each for each in entries if isinstance(each, ChainPolicy) and each.chain_table == table
    }
    return [known.get(chain, ChainPolicy(table, chain, "ACCEPT")) for chain in BUILT_IN.get(table, ())]


def _deleted(argv: list[str]) -> list[str]:
    """Return the command that takes a rule away."""
    words = shlex.split(" ".join(argv))
    return [*words[:3], "-D", *words[4:]]


def _target(pick: Pick, around: Around, table: str, chain: str, proto: str) -> list[str]:
    """Return a target that this table and chain take."""
    usual = [["ACCEPT"], ["DROP"], ["RETURN"]]
    if table == "filter":
        kinds = [f"icmp-{kind}" for kind in ERRORS]
        kinds += ["tcp-reset"] if proto == "tcp" else []
        usual += [["REJECT", "--reject-with", pick.one_of(kinds)]] * 3
    elif table == "mangle":
        usual += [["MARK", "--set-xmark", pick.one_of(("0x1/0xffffffff", "0x10/0x10", "0x4000/0x4000"))]]
    elif table == "raw":
        usual += [["CT", "--notrack"]]
    elif table == "nat":
        usual = [["ACCEPT"], ["RETURN"]]
        port = f":{pick.one_of(PORTS)}" if proto in ("udp", "tcp") and pick.chance(50) else ""
        if chain in ("POSTROUTING", "INPUT"):
            usual += [["MASQUERADE"]] if chain == "POSTROUTING" else []
            port = port if proto == "tcp" else ""  # else the packet before one has that port already
            usual += [["SNAT", "--to-source", f"{pick.one_of(around.addresses)}{port}"]]
        elif chain in BUILT_IN[table]:
            usual += [["DNAT", "--to-destination", f"{pick.one_of(around.addresses)}{port}"]]
            usual += [["REDIRECT", *(["--to-ports", port[1:]] if port else [])]]
    return pick.one_of(usual)
