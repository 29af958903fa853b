"""A rule as iptables reads it from a command, saves it, and lists it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from packetwalk.shell.iptables import matches, numbers, targets
from packetwalk.shell.iptables.failures import bad_argument, usage
from packetwalk.shell.iptables.matches import MODULES, RuleMatch, RuleOption, module_of
from packetwalk.shell.iptables.targets import TARGETS, Jump
from packetwalk.shell.terminal import Unknown

LONG = {
    "--source": "-s",
    "--src": "-s",
    "--destination": "-d",
    "--dst": "-d",
    "--in-interface": "-i",
    "--out-interface": "-o",
    "--protocol": "-p",
    "--proto": "-p",
    "--jump": "-j",
    "--goto": "-g",
    "--match": "-m",
    "--fragments": "-f",
}
ONE_VALUE = ("-s", "-d", "-i", "-o", "-p", "-j", "-g", "-m")
NOT_INVERTED = ("-j", "-g", "-m")


class Side(NamedTuple):
    """An address, device or protocol that a rule asks for."""

    value: str
    negated: bool = False

    def saved(self, word: str) -> list[str]:
        """Return its words in ``iptables-save``."""
        return [*(["!"] if self.negated else []), word, self.value]


class Spec(NamedTuple):
    """A rule: ``sides`` by ``-s``, ``-d``, ``-i``, ``-o``, ``-p``; matches in their order; where it jumps."""

    sides: Mapping[str, Side]
    matches: tuple[RuleMatch, ...] = ()
    jump: Jump | None = None

    @property
    def proto(self) -> str:
        """The protocol it asks for, or nothing."""
        side = self.sides.get("-p")
        return "" if side is None or side.negated else side.value

    @property
    def saved(self) -> str:
        """The rule as ``iptables-save`` prints it, after the chain."""
        words: list[str] = []
        for word in ("-s", "-d", "-i", "-o", "-p"):
            words += self.sides[word].saved(word) if word in self.sides else []
        for match in self.matches:
            words += match.saved
        return " ".join([*words, *(self.jump.saved if self.jump else [])])


class RuleReader:
    """Reads a rule word by word; what a module or target adds is known from where it is named on."""

    def __init__(self, chains: Iterable[str]) -> None:
        """``chains`` are those to which a rule can jump."""
        self.sides: dict[str, Side] = {}
        self._chains = set(chains)
        self._several: dict[str, list[str]] = {}
        self._matches: list[RuleMatch] = []
        self._jump: Jump | None = None

    def read(self, words: list[str]) -> None:
        """Read all words; Failure for what iptables does not take."""
        queue, negated = list(words), False
        while queue:
            word = queue.pop(0)
            if word == "!":
                if negated:
                    raise usage("multiple consecutive ! not allowed")
                negated = True
                continue
            word, queue = _split(word, queue)
            if self._command(word, queue, negated):
                continue
            word = self._known(word)
            if word in ONE_VALUE or word == "-f":
                self._own(word, queue, negated)
            else:
                self._option(word, queue, negated)
            negated = False
        if negated:
            raise usage("nothing appropriate following !")

    def _command(self, word: str, queue: list[str], negated: bool) -> bool:
        """Take a word that is no part of a rule, with what belongs to it; False for all others."""
        return False

    def _known(self, word: str) -> str:
        if not word.startswith("-") or word == "-":
            raise bad_argument(word)
        if word in LONG or word in ONE_VALUE or word == "-f":
            return LONG.get(word, word)
        every = [*LONG, *self._rule_words()]
        if word in every:
            return LONG.get(word, word)
        found = {LONG.get(each, each) for each in every if word.startswith("--") and each.startswith(word)}
        if len(found) != 1:
            raise usage(f'unknown option "{word}"')
        return found.pop()

    def _rule_words(self) -> list[str]:
        """Return the options of what was loaded, and of the protocol's own match."""
        every = [each for match in self._matches for each in _words(match.module)]
        jump, proto = self._jump, self.sides.get("-p")
        every += [*TARGETS[jump.name].options] if jump and jump.name in TARGETS else []
        every += [alias for alias, by in targets.ALIASES.items() if jump and jump.name in by]
        implied = proto.value if proto and not proto.negated else ""
        return every + (_words(implied) if implied in MODULES else [])

    @property
    def jumps(self) -> bool:
        """Whether the rule says where packets go."""
        return self._jump is not None

    def _own(self, word: str, queue: list[str], negated: bool) -> None:
        if word == "-f":
            raise Unknown("iptables", "-f", "rules about whole packets")
        if not queue:
            raise usage(f'option "{word}" requires an argument')
        if negated and word in NOT_INVERTED:
            raise usage(f"cannot have ! before {word}")
        value = queue.pop(0)
        if value == "!" and queue and word not in NOT_INVERTED:
            raise bad_argument(queue[0])
        if word == "-m":
            self._load(value)
        elif word in ("-j", "-g"):
            if self._jump is not None:
                raise usage(f"multiple {word} flags not allowed")
            self._jump = self._target(value, goes=word == "-g")
        else:
            if word in self.sides:
                raise usage(f"multiple {word} flags not allowed")
            self._side(word, value, negated)

    def _side(self, word: str, value: str, negated: bool) -> None:
        if word == "-p":
            name = numbers.protocol(value)
            if name or negated:
                self.sides["-p"] = Side(name, negated)
        elif word in ("-i", "-o"):
            if len(value) > 15:
                raise usage(f"interface name `{value}' must be shorter than IFNAMSIZ (15)")
            if not value:
                raise usage("Empty interface is likely to be undesired")
            if value != "+":
                self.sides[word] = Side(value, negated)
        else:
            every = [numbers.network(each) for each in value.split(",")]
            self.sides[word] = Side(every[0], negated)
            if len(every) > 1:
                self._several[word] = every

    def _load(self, name: str) -> None:
        if name in matches.OTHERS:
            raise Unknown("iptables", f"-m {name}", ", ".join(f"-m {each}" for each in sorted(MODULES)))
        if name not in MODULES:
            raise usage(f"Couldn't load match `{name}':No such file or directory\n")
        self._matches.append(RuleMatch(name))

    def _target(self, name: str, *, goes: bool) -> Jump:
        if not name:
            raise usage("Invalid target name (too short)")
        if len(name) > 28:
            raise usage(f"Invalid target name `{name}' (28 chars max)")
        if name in targets.OTHERS:
            raise Unknown("iptables", f"-j {name}", ", ".join(sorted(TARGETS)))
        if name not in TARGETS and name not in self._chains:
            raise usage(f"Chain '{name}' does not exist")
        return Jump(name, goes)

    def _option(self, word: str, queue: list[str], negated: bool) -> None:
        """Give an option to the target or match that has it; a protocol's own match is loaded for it."""
        jump = self._jump
        word = targets.ALIASES.get(word, {}).get(jump.name, word) if jump else word
        if jump and jump.name in TARGETS and word in TARGETS[jump.name].options:
            values = _values(word, TARGETS[jump.name].options[word], queue)
            self._jump = jump._replace(asked=(*jump.asked, RuleOption(word, values, negated)))
            return
        loaded = [match.module for match in self._matches]
        name = module_of(word, loaded)
        if name is None:
            name = self.sides["-p"].value  # whose match has it, or the word would not be known
            self._matches.append(RuleMatch(name))
            loaded.append(name)
        module = MODULES[name]
        word = module.aliases.get(word, word)
        values = _values(word, module.options[word], queue)
        place = len(loaded) - 1 - loaded[::-1].index(name)
        match = self._matches[place]
        self._matches[place] = match._replace(asked=(*match.asked, RuleOption(word, values, negated)))

    def specs(self) -> list[Spec]:
        """Return the rules: several where an address is a list."""
        sides = {word: side for word, side in self.sides.items() if side.value != "0.0.0.0/0" or side.negated}
        plain = Spec(sides)
        proto = plain.proto
        found = tuple(match.checked(proto) for match in self._matches)
        jump = self._jump.checked(proto) if self._jump else None
        specs = [plain._replace(matches=found, jump=jump)]
        for word, values in self._several.items():
            specs = [
                spec._replace(sides={**spec.sides, word: Side(value, spec.sides[word].negated)})
                for spec in specs
                for value in values
            ]
        return specs


def _words(module: str) -> list[str]:
    return [*MODULES[module].options, *MODULES[module].aliases]


def _split(word: str, queue: list[str]) -> tuple[str, list[str]]:
    """Part a short option from the value that is written on it, and a long one from what follows ``=``."""
    if word.startswith("--") and "=" in word:
        name, _, value = word.partition("=")
        return name, [value, *queue]
    if word[:1] == "-" and word[1:2] != "-" and len(word) > 2 and word[:2] in ONE_VALUE:
        return word[:2], [word[2:], *queue]
    return word, queue


def _values(word: str, arity: int, queue: list[str]) -> tuple[str, ...]:
    if len(queue) < arity or (arity == 2 and queue[1].startswith("-")):
        raise usage(f"{word} requires two args." if arity == 2 else f'option "{word}" requires an argument')
    return tuple(queue.pop(0) for _ in range(arity))


def unquoted(text: str) -> list[str]:
    """Return the words of a saved rule: within quotation marks a backslash stands before any sign."""
    found = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', text)
    return [plain or re.sub(r"\\(.)", r"\1", quoted) for quoted, plain in found]


def saved(text: str, chains: Iterable[str] = ()) -> Spec:
    """Return a rule from its words in ``iptables-save``, after the chain."""
    words = unquoted(text)
    jumps = [words[n + 1] for n, word in enumerate(words[:-1]) if word in ("-j", "-g")]
    reader = RuleReader([*chains, *jumps])
    reader.read(words)
    return reader.specs()[0]
