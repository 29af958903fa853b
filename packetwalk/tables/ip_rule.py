"""Rules that say which routing table is asked (``ip rule``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from packetwalk.tables.drawing import Around, Pick
from packetwalk.tables.printed import JsonTable, Object, as_text
from packetwalk.tables.route import OTHER, ROUTES
from packetwalk.tables.table import Contents, Section
from packetwalk.wire.address import prefix

WHOLE = 0xFFFFFFFF
"""The mask of a mark of which every bit counts."""
ACTIONS = ("blackhole", "unreachable", "prohibit")
"""What a rule can do but ask a table."""
OF_VRF = "[l3mdev-table]"
"""What a rule asks that asks the table of the VRF by whose device a packet comes or goes (``l3mdev_fib_rule_match``)."""


class IpRule(NamedTuple):
    """A rule that says which routing table is asked (``ip rule``), lowest ``priority`` first.

    ``fwmark`` is (mark, mask) or None for every packet; ``inverted`` turns the match round.  ``src`` and ``dst`` are
    networks, ``iif`` the device by which a packet comes, ``lo`` for the machine's own.  One with an ``action`` asks no
    table: it refuses; routes for prefixes not longer than ``suppress`` do not count.
    """

    priority: int
    lookup: str
    fwmark: tuple[int, int] | None = None
    inverted: bool = False
    src: str | None = None
    dst: str | None = None
    iif: str | None = None
    action: str = ""
    suppress: int | None = None

    def suppresses(self, dst: str) -> bool:
        """Say whether a route does not count (``fib4_rule_suppress``)."""
        return self.suppress is not None and prefix(dst)[1] <= self.suppress

    @property
    def _mark(self) -> list[str]:
        """The mark and its mask; the whole mask is not printed."""
        if self.fwmark is None:
            return []
        value, mask = self.fwmark
        return [hex(value), *([hex(mask)] if mask != WHOLE else [])]

    @property
    def selector(self) -> list[str]:
        """Which packets, in the words of ``ip rule``."""
        mark = ["fwmark", "/".join(self._mark)] if self.fwmark else []
        to = ["to", self.dst] if self.dst else []
        came = ["iif", self.iif] if self.iif else []
        return [*(["not"] if self.inverted else []), "from", self.src or "all", *to, *mark, *came]

    def __str__(self) -> str:
        return f"{self.priority}:\t{' '.join([*self.selector, *self.deed])}"

    @property
    def deed(self) -> list[str]:
        """What it does, in the words of ``ip rule``."""
        if self.action:
            return [self.action]
        shortest = [] if self.suppress is None else ["suppress_prefixlength", str(self.suppress)]
        return ["lookup", self.lookup, *shortest]

    def json(self) -> dict:
        """Return the object that ``ip -j rule`` prints for this line."""
        out: dict = {"priority": self.priority}
        if self.inverted:
            out["not"] = None
        out |= _side("src", self.src or "all") | (_side("dst", self.dst) if self.dst else {})
        if self.fwmark:
            out |= dict(zip(("fwmark", "fwmask"), self._mark, strict=False))
        out |= {"iif": self.iif} if self.iif else {}
        if self.action:
            return {**out, "action": self.action}
        if self.lookup == OF_VRF:
            return {**out, "l3mdev": None}
        return {**out, "table": self.lookup} | (
            {} if self.suppress is None else {"suppress_prefixlen": self.suppress}
        )

    def argv(self) -> list[list[str]]:
        """Return ``ip rule add``."""
        return [["ip", "rule", "add", "priority", str(self.priority), *self.selector, *self.deed]]


KERNELS = (IpRule(0, "local"), IpRule(32766, "main"))
"""The rules that every namespace has, but for the last one."""
LAST = IpRule(32767, "default")
"""The rule that every namespace has for a table in which there is never anything; it is not kept."""


class Rules(JsonTable[IpRule]):
    """The rules of a namespace, with the kernel's own."""

    def own(self, contents: Contents) -> Iterator[IpRule]:
        """Yield what ``fib_default_rules_init`` adds."""
        yield from KERNELS

    def draw(self, pick: Pick, around: Around) -> list[str] | None:
        """Return ``ip rule`` with a mark, an address or a device."""
        if around.present and pick.chance(25):
            return ["ip", "rule", "del", *pick.one_of(around.present)[3:]]
        words = ["priority", str(pick.one_of((50, 100, 32000)))]
        if pick.chance(30):
            words.append("not")
        words += ["from", pick.one_of(("all", *around.addresses, *around.networks))]
        if pick.chance(30):
            words += ["to", pick.one_of((*around.addresses, *around.networks))]
        if pick.chance(40):
            words += ["fwmark", pick.one_of(("0x1", "0x10/0x10", "0x4000/0x4000"))]
        if pick.chance(20):
            words += ["iif", pick.one_of((*around.names, "lo"))]
        if pick.chance(10):
            return ["ip", "rule", "add", *words, pick.one_of(ACTIONS)]
        table = pick.one_of((OTHER, OTHER, "main", "local"))
        shortest = ["suppress_prefixlength", pick.one_of(("0", "16", "24"))] if pick.chance(10) else []
        return ["ip", "rule", "add", *words, "lookup", table, *shortest]

    def entry(self, printed: Object) -> Iterator[IpRule]:
        """Yield a rule."""
        priority = printed.get("priority", KERNELS[-1].priority)
        mark = None
        if "fwmark" in printed:
            mark = int(printed["fwmark"], 16), int(printed.get("fwmask", "0xffffffff"), 16)
        src, dst = (_network(printed, side) for side in ("src", "dst"))
        action, suppress = printed.get("action", ""), printed.get("suppress_prefixlen")
        usual = OF_VRF if "l3mdev" in printed else "main"
        table = "" if action else str(printed.get("table", usual))
        rule = IpRule(priority, table, mark, "not" in printed, src, dst, printed.get("iif"), action, suppress)
        if rule != LAST:
            yield rule

    def printed(self, netns: str, around: Mapping[str, Contents]) -> dict[str, str]:
        """Return the rules with the last one."""
        every = [*self.in_order(around[netns].entries(self)), LAST]
        return {"rule.json": as_text(rule.json() for rule in every)}

    def comparable(self, entry: IpRule) -> str:
        """Return the rule."""
        return str(entry)

    def in_order(self, entries: Iterable[IpRule]) -> list[IpRule]:
        """Return them by priority."""
        return sorted(entries, key=lambda rule: rule.priority)

    def sections(self, contents: Contents) -> list[Section]:
        """Return the rules and the routing tables they name, where somebody has added any."""
        every = contents.entries(self)
        tables = [
            ROUTES.section(contents, rule.lookup) for rule in every if rule not in KERNELS and not rule.action
        ]
        return [Section(self.command, self.lines(every)), *tables] if tables else []

    def json(self, contents: Contents) -> list[dict] | None:
        """Return the rules where somebody has added any."""
        every = self.in_order(contents.entries(self))
        return [rule.json() for rule in every] if set(every) - set(KERNELS) else None


def _side(name: str, network: str) -> dict:
    """Return an end as the tool prints it, with its length where it is no single address."""
    address, slash, length = network.partition("/")
    return {name: address, **({f"{name}len": int(length)} if slash else {})}


def _network(printed: Object, side: str) -> str | None:
    address = printed.get(side, "all")
    if address == "all":
        return None
    return f"{address}/{printed[f'{side}len']}" if f"{side}len" in printed else str(address)


RULES = Rules(
    "rule",
    "ip rule",
    (IpRule,),
    rank=40,
    files={"rule.json": ("ip", "-j", "rule")},
    usual=True,
    chances=2,
    then="route",
    masks={"ip rule": "The kernel's own rule 32767, for the empty table `default`, is left out."},
)
