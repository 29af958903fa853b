"""Netfilter's rules for IPv6, as ``ip6tables-save`` prints them."""

from __future__ import annotations

from collections.abc import Iterator

from packetwalk.tables.iptables import Iptables, IptablesRule, UserChain
from packetwalk.tables.ipv6.shown import ShownIfAny
from packetwalk.tables.table import Contents, Part


class Ip6tablesRule(IptablesRule):
    """A rule for IPv6, in the words of ``ip6tables-save``, which are those of IPv4's but for addresses."""

    __slots__ = ()

    def argv(self) -> list[list[str]]:
        """Return the line for ``ip6tables-restore --noflush``."""
        return [["ip6tables", *argv[1:]] for argv in super().argv()]


class Ip6Chain(UserChain):
    """A chain that somebody has made in ip6tables."""

    __slots__ = ()

    def argv(self) -> list[list[str]]:
        """Return ``ip6tables -N``."""
        return [["ip6tables", *argv[1:]] for argv in super().argv()]


class Ip6tables(ShownIfAny, Iptables):
    """The rules of IPv6; a chain has the policy ACCEPT, for nobody here sets another."""

    def parse(self, text: str) -> Iterator[Ip6tablesRule]:
        """Yield the rules."""
        for each in super().parse(text):
            if isinstance(each, IptablesRule):
                yield Ip6tablesRule(*each)

    def json(self, contents: Contents) -> str | None:  # type: ignore[override]
        """Return the text, if there is any."""
        return self.text(contents) if contents.entries(self) else None

    def part(self, entry: Ip6tablesRule) -> Part:  # type: ignore[override]
        """Return one of netfilter's tables."""
        return Part(
            f"ip6tables/{entry.chain_table}",
            f"ip6tables-save -t {entry.chain_table}",
            lambda other: other.chain_table == entry.chain_table,
        )


IP6TABLES = Ip6tables(
    "ip6tables", "ip6tables-save", (Ip6tablesRule, Ip6Chain), rank=91, files={"ip6tables.txt": ("ip6tables-save", "-c")}, second=True
)
