"""Netfilter's rules and chain policies, as ``iptables-save`` prints them."""

from __future__ import annotations

from typing import NamedTuple


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

    @property
    def table(self) -> str:
        """The name of the table it stands in."""
        return "iptables"

    def __str__(self) -> str:
        return f"-A {self.chain} {self.spec}"

    def argv(self) -> list[list[str]]:
        """Return the line for ``iptables-restore --noflush`` (table, then the rule)."""
        words = str(self).split(" ")
        return [["iptables", "-t", self.chain_table, "-I" if self.inserted else "-A", *words[1:]]]


class ChainPolicy(NamedTuple):
    """What happens to a packet that no rule of a built-in chain decided (``iptables -P``)."""

    chain_table: str
    chain: str
    target: str

    @property
    def table(self) -> str:
        """The name of the table it stands in."""
        return "iptables"

    def __str__(self) -> str:
        return f":{self.chain} {self.target} [0:0]"

    def argv(self) -> list[list[str]]:
        """Return ``iptables -P``."""
        return [["iptables", "-t", self.chain_table, "-P", self.chain, self.target]]
