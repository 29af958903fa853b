"""What Felix writes under policies, as the model's shell prints it and the kernel's tools do."""

from __future__ import annotations

import re

import pytest

from packetwalk.lab.kernel import writing
from packetwalk.lab.kernel.deeds import Doing
from packetwalk.plan.rules import IPTABLES, NFTABLES
from packetwalk.shell import Shell, State
from packetwalk.tables import IpSet, IptablesRule
from packetwalk.tables.nftables import NftEntry
from tests.cni.calico.test_verdicts import ASKED as CASES
from tests.cni.calico.test_verdicts import network

ASKED = list(CASES)
TABLES = ("filter", "mangle", "raw")
LISTED = ("-S", "-L -n", "-L", "-L -n -v --line-numbers")
DRAWN = re.compile(r"(initval|Size in memory:|hashsize) \w+")
"""What the kernel draws or counts in bytes."""


def felix(name: str, rules: str) -> tuple[Shell, Doing]:
    """Return the model's shell on n1 in a case, and a real namespace with what Felix writes there."""
    made = network(name, rules)
    mine = [op.entry for op in made.plan("n1") if op.by == "Felix" and op.netns == "n1"]
    sets = [each for each in mine if isinstance(each, IpSet)]
    written = [*sets, *(each for each in mine if isinstance(each, (IptablesRule, NftEntry)))]
    real = Doing("here")
    writing.write(real, [argv for each in written for argv in each.argv()])
    return Shell(State(made), "n1"), real


@pytest.mark.kernel("ipset")
@pytest.mark.parametrize("name", ASKED)
def test_rules_and_sets_are_listed_as_the_kernel_lists_them(name: str) -> None:
    shell, real = felix(name, IPTABLES)
    try:
        for table in TABLES:
            for how in LISTED:
                command = f"iptables -t {table} {how}".split()
                assert of_felix(str(shell.run(command))) == of_felix(real.run(command)), command
        for command in ("ipset list", "ipset save"):
            assert members(str(shell.run(command.split()))) == members(real.run(command.split())), command
    finally:
        real.close()


@pytest.mark.kernel("nft")
@pytest.mark.parametrize("name", ASKED[::4])
def test_the_table_of_nftables_is_listed_as_the_kernel_lists_it(name: str) -> None:
    shell, real = felix(name, NFTABLES)
    command = ["nft", "list", "table", "ip", "calico"]
    try:
        assert blocks(str(shell.run(command))) == blocks(real.run(command))
    finally:
        real.close()


def of_felix(text: str) -> list[str]:
    """Return what is listed of Felix's own chains, chain by chain."""
    if "Chain " not in text:
        return sorted((line for line in text.splitlines() if line.startswith("-A cali-")), key=lambda line: line.split()[1])
    found = [block.rstrip().split("\n") for block in text.split("Chain ")[1:]]
    return sorted("\n".join(block) for block in found if block[0].startswith("cali-"))


def members(text: str) -> list[str]:
    return sorted(DRAWN.sub(r"\1", line).rstrip() for line in text.splitlines())


def blocks(text: str) -> list[str]:
    """Return the sets and chains of a table, elements of sets in an order."""
    found = re.sub(r"elements = \{[^}]*\}", lambda match: " ".join(sorted(re.split(r"[,\s]+", match[0]))), text)
    return sorted(found.split("\n\n"))
