"""Commands of a plan in a namespace: of each program as many at once as it takes.

A program that is not named here runs once for each command.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile

from packetwalk.lab.kernel import keys
from packetwalk.lab.kernel.site import COUNTED, Site
from packetwalk.tables.iptables import TARGETS, jump

Command = list[str]
NAMED = re.compile(r" -m nfacct --nfacct-name +(\S+)")
"""A rule that names a counter of the kernel's accounting."""
BUILT_IN = {"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"}


def write(namespace: Site, commands: Iterable[Command]) -> None:
    """Run commands, a program after the other, settings first; LabError says in one line what was refused."""
    every = list(commands)
    for program in sorted(dict.fromkeys(argv[0] for argv in every), key=lambda name: name != "sysctl"):
        WRITERS.get(program, _one_by_one)(namespace, [argv for argv in every if argv[0] == program])


def _one_by_one(namespace: Site, commands: Sequence[Command]) -> None:
    for argv in commands:
        namespace.run(argv)


def _lines(*how: str) -> Callable[[Site, Sequence[Command]], None]:
    """Return a writer for a program that reads lines, each like the words after its name and its options."""

    def writer(namespace: Site, commands: Sequence[Command]) -> None:
        by_options: dict[tuple[str, ...], list[str]] = {}
        for argv in commands:
            options = tuple(takewhile(lambda word: word.startswith("-"), argv[1:]))
            by_options.setdefault(options, []).append(" ".join(argv[1 + len(options) :]))
        for options, lines in by_options.items():
            namespace.run([commands[0][0], *options, *how], "\n".join(lines) + "\n")

    return writer


def _settings(namespace: Site, commands: Sequence[Command]) -> None:
    namespace.sysctl(dict(argv[2].split("=", 1) for argv in commands))


def _rules(namespace: Site, commands: Sequence[Command]) -> None:
    rules = restored(commands)
    namespace.run([f"{commands[0][0]}-restore", "--noflush"], namespace.do(COUNTED, rules))


def restored(commands: Sequence[Command]) -> str:
    """Return what ``iptables-restore`` reads for ``iptables -t TABLE`` with ``-A``, ``-I``, ``-N`` or ``-P``."""
    out = []
    for table in dict.fromkeys(argv[2] for argv in commands):
        mine = [argv[3:] for argv in commands if argv[2] == table]
        named = {words[1] for words in mine} | {jump(" ".join(words[2:])) for words in mine} - {""} - TARGETS
        out += [f"*{table}", *(f":{chain} - [0:0]" for chain in sorted(named - BUILT_IN))]
        out += [
            f":{words[1]} {words[2]} [0:0]" if words[0] == "-P" else " ".join(words)
            for words in mine
            if words[0] != "-N"
        ]
        out.append("COMMIT")
    return "\n".join(out) + "\n"


STARTED = {"ip6tables": ("ip6tables-restore",), "iptables": ("iptables-restore",), "sysctl": (), "ovs-dpctl": (), "wg": ()}
"""What is started for commands of a program, where it is not that program: nothing, or another one.

Whoever plays a WireGuard device or Open vSwitch says itself what it needs.
"""
TOOLS = ("ip", "bridge", "iptables-restore")


def needed(commands: Iterable[Command]) -> tuple[str, ...]:
    """Return the programs that must be there for commands, and those without which no namespace is made."""
    names = dict.fromkeys(argv[0] for argv in commands)
    return tuple(dict.fromkeys([*TOOLS, *(each for name in names for each in STARTED.get(name, (name,)))]))


WRITERS: dict[str, Callable[[Site, Sequence[Command]], None]] = {
    "bridge": _lines("-b", "-"),
    "ip": _lines("-b", "-"),
    "ipset": _lines("restore"),
    "ip6tables": _rules,
    "iptables": _rules,
    "nft": _lines("-f", "-"),
    "sysctl": _settings,
    "wg": keys.write,
}
