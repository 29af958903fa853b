"""What stands in a ruleset of nftables, in the words of ``nft`` 1.0.6, each line without what indents it."""

from __future__ import annotations

import re
from typing import NamedTuple

COUNTER = re.compile(r"counter packets (\d+) bytes (\d+)")
COMMENT = re.compile(r' ?comment "[^"]*"$')
UNCOUNTED = "counter packets 0 bytes 0"


class NftTable(NamedTuple):
    """A table: ``chain_table`` is its family and name (``ip kube-proxy``)."""

    chain_table: str
    comment: str = ""

    def __str__(self) -> str:
        return f"table {self.chain_table} {{"

    def argv(self) -> list[list[str]]:
        """Return ``nft add table``."""
        words = f'{{ comment "{self.comment}" ; }}' if self.comment else ""
        return [_command(f"add table {self.chain_table} {words}".rstrip())]


class NftSet(NamedTuple):
    """A set, or a map (its type has a colon, and its elements have too), with ``elements`` as they are printed.

    ``flags`` and ``timeout`` are words of nft, ``size`` is how many elements it may have (0: any number).
    """

    chain_table: str
    name: str
    type: str
    elements: tuple[str, ...] = ()
    comment: str = ""
    flags: str = ""
    size: int = 0
    timeout: str = ""

    @property
    def kind(self) -> str:
        """``set`` or ``map``."""
        return "map" if " : " in self.type else "set"

    @property
    def properties(self) -> list[str]:
        """What is printed of it before its elements."""
        return [
            f"type {self.type}",
            *([f"size {self.size}"] if self.size else []),
            *([f"flags {self.flags}"] if self.flags else []),
            *([f"timeout {self.timeout}"] if self.timeout else []),
            *([f'comment "{self.comment}"'] if self.comment else []),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name} {{"

    def argv(self) -> list[list[str]]:
        """Return ``nft add set`` or ``add map``, and ``add element``."""
        made = f"add {self.kind} {self.chain_table} {self.name} {{ {' ; '.join(self.properties)} ; }}"
        filled = f"add element {self.chain_table} {self.name} {{ {', '.join(self.elements)} }}"
        return [_command(made), *([_command(filled)] if self.elements else [])]


class NftChain(NamedTuple):
    """A chain; ``hook`` is empty but for a base chain, of which it is the line with hook, priority and policy."""

    chain_table: str
    chain: str
    hook: str = ""
    comment: str = ""

    @property
    def target(self) -> str:
        """A base chain's policy in capitals: what happens to a packet that no rule decided."""
        return self.hook.rpartition("policy ")[2].rstrip(";").upper()

    def __str__(self) -> str:
        return self.hook or f"chain {self.chain} {{"

    def argv(self) -> list[list[str]]:
        """Return ``nft add chain``."""
        said = [
            *([self.hook] if self.hook else []),
            *([f'comment "{self.comment}" ;'] if self.comment else []),
        ]
        words = ["{", *said, "}"] if said else []
        return [_command(" ".join(["add chain", self.chain_table, self.chain, *words]))]


class NftRule(NamedTuple):
    """A rule, ``spec`` as it is printed, with counters at 0.

    ``policy`` says that it is part of a network policy, so that what it drops is denied and what it marks is
    allowed.
    """

    chain_table: str
    chain: str
    spec: str
    policy: bool = False

    @property
    def words(self) -> str:
        """The rule without its comment."""
        return COMMENT.sub("", self.spec)

    def __str__(self) -> str:
        return self.spec

    def argv(self) -> list[list[str]]:
        """Return ``nft add rule``."""
        return [_command(f"add rule {self.chain_table} {self.chain} {self.spec}")]


NftEntry = NftTable | NftSet | NftChain | NftRule


def _command(words: str) -> list[str]:
    return ["nft", *words.split(" ")]
