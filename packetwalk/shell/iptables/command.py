"""The command line of ``iptables``: one command, what it is about, and a rule (``do_parse``)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from packetwalk.shell.iptables import spec
from packetwalk.shell.iptables.failures import TRY, usage
from packetwalk.shell.iptables.spec import LONG, RuleReader
from packetwalk.shell.terminal import Failure, Unknown

COMMANDS = {
    "--append": "-A",
    "--delete": "-D",
    "--check": "-C",
    "--insert": "-I",
    "--replace": "-R",
    "--list": "-L",
    "--list-rules": "-S",
    "--flush": "-F",
    "--zero": "-Z",
    "--new-chain": "-N",
    "--delete-chain": "-X",
    "--rename-chain": "-E",
    "--policy": "-P",
}
NEEDS_CHAIN = ("-A", "-D", "-C", "-I", "-R", "-N", "-E", "-P")
MAY_HAVE_NUMBER = ("-D", "-I", "-L", "-S", "-Z")
COMMON = {
    "--table": "-t",
    "--numeric": "-n",
    "--verbose": "-v",
    "--exact": "-x",
    "--line-numbers": "-0",
    "--wait": "-w",
    "--wait-interval": "-W",
    "--set-counters": "-c",
    "--modprobe": "-M",
    "--ipv4": "-4",
    "--ipv6": "-6",
    "--version": "-V",
    "--help": "-h",
}
FLAGS = ("-n", "-v", "-x", "-0", "-4", "-6")
RULES = ("-A", "-I", "-R", "-D", "-C")
LEGAL = {
    **dict.fromkeys(("-A", "-I", "-R"), "sdpjvioc"),
    **dict.fromkeys(("-D", "-C"), "sdpjvio"),
    "-L": "nvx0",
    "-S": "v",
    "-Z": "nvx0",
    **dict.fromkeys(("-F", "-N", "-X", "-E"), "v"),
    "-P": "vc",
}
"""Which options each command takes; one for rules counts as the option of its letter."""
ORDER = "nsdpjvxio0c"


class CommandLine(RuleReader):
    """A command line, read."""

    def __init__(self, chains: Iterable[str]) -> None:
        super().__init__(chains)
        self.commands: list[str] = []
        self.chain = self.second = ""
        self.number: int | None = None
        self.table = "filter"
        self.flags: set[str] = set()

    def _command(self, word: str, queue: list[str], negated: bool) -> bool:
        word = self._full(word)
        if word in COMMANDS.values():
            self._start(word, queue)
        elif word in FLAGS:
            self.flags.add(word[1])
        elif word == "-t":
            self.table = _value(word, queue)
        elif word in ("-w", "-W"):
            if queue and queue[0].isdigit():
                queue.pop(0)
        elif word == "-M":
            _value(word, queue)
        elif word == "-c":
            self.flags.add("c")
            raise Unknown("iptables", "-c", "rules that begin to count at 0")
        elif word in ("-V", "-h"):
            self.commands.append(word)
        elif re.fullmatch(r"-[a-zA-Z46]{2,}", word) and word[:2] not in spec.ONE_VALUE:
            self._cluster(word[1:], queue, negated)
        else:
            return False
        return True

    def _full(self, word: str) -> str:
        """Return the short form of a long word; a long one may be shortened as far as it is clear."""
        every = {**COMMANDS, **COMMON}
        if word in every:
            return every[word]
        if not word.startswith("--") or word in LONG:
            return word
        names = [name for name in [*every, *LONG, *self._rule_words()] if name.startswith(word)]
        return every[names[0]] if len(names) == 1 and names[0] in every else word

    def _cluster(self, letters: str, queue: list[str], negated: bool) -> None:
        """Read several letters behind one hyphen: a command or value takes all that is left."""
        while letters:
            word, letters = f"-{letters[0]}", letters[1:]
            if word in FLAGS or word == "-V":
                self._command(word, queue, negated)
                continue
            takes = word in COMMANDS.values() or word in ("-t", "-w", "-M", *spec.ONE_VALUE)
            if not takes:
                raise usage(f'unknown option "{word}"')
            rest = [letters] if letters else []
            queue[:0] = rest
            if not self._command(word, queue, negated):
                self._own(word, queue, negated)
            return

    def _start(self, word: str, queue: list[str]) -> None:
        if self.commands and {word, self.commands[0]} not in ({"-L", "-Z"}, {"-S", "-Z"}):
            raise usage(f"Cannot use {word} with {self.commands[0]}")
        self.commands.append(word)
        if word in NEEDS_CHAIN:
            self.chain = _value(word, queue)
        elif _has_value(queue):
            self.chain = queue.pop(0)
        if word in MAY_HAVE_NUMBER and self.chain and _has_value(queue):
            self.number = _rule_number(queue.pop(0))
        elif word == "-R":
            if not _has_value(queue):
                raise usage("-R requires a rule number")
            self.number = _rule_number(queue.pop(0))
        elif word == "-E":
            if not _has_value(queue):
                raise usage("-E requires old-chain-name and new-chain-name")
            self.second = queue.pop(0)
        elif word == "-P":
            if not _has_value(queue):
                raise usage("-P requires a chain and a policy")
            self.second = queue.pop(0)

    @property
    def command(self) -> str:
        """The command."""
        return self.commands[0]

    def check(self) -> None:
        """Fail for what does not go together (``generic_opt_check``)."""
        if not self.commands:
            raise usage("no command specified")
        if "6" in self.flags:
            raise Failure(TRY, 2)
        given = {*self.flags, *(word[1] for word in self.sides), *("j" if self.jumps else "")} - {"4"}
        legal = LEGAL.get(self.command, ORDER)
        for letter in ORDER:
            if letter in given and letter not in legal:
                raise usage(f"Illegal option `-{letter}' with this command")
        for word, chains in (("-o", ("PREROUTING", "INPUT")), ("-i", ("POSTROUTING", "OUTPUT"))):
            if word in self.sides and self.chain in chains:
                raise usage(f"Can't use {word} with {self.chain}\n")


def _has_value(queue: list[str]) -> bool:
    return bool(queue) and not queue[0].startswith("-") and queue[0] != "!"


def _value(word: str, queue: list[str]) -> str:
    if not queue or (word != "-t" and queue[0].startswith("-") and word != "-N"):
        raise usage(f'option "{word}" requires an argument')
    return queue.pop(0)


def _rule_number(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise usage(f"Invalid rule number `{text}'")
    return int(text)
