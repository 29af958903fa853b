"""What stands before the object of ``ip`` (and, in part, of ``bridge``)."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.shell.json_writer import written
from packetwalk.shell.terminal import Failure, Unknown
from packetwalk.shell.words import Words

NAMES = (
    "-loops",
    "-family",
    "-4",
    "-6",
    "-0",
    "-M",
    "-B",
    "-human-readable",
    "-iec",
    "-stats",
    "-statistics",
    "-details",
    "-resolve",
    "-oneline",
    "-timestamp",
    "-tshort",
    "-Version",
    "-force",
    "-batch",
    "-brief",
    "-json",
    "-rcvbuf",
    "-pretty",
    "-color",
    "-help",
    "-netns",
    "-Numeric",
    "-all",
    "-echo",
)
"""In the order in which ``ip.c`` looks for them; a word that begins one is that one."""
SET = {"-brief": "brief", "-details": "details", "-json": "json", "-pretty": "pretty", "-oneline": "oneline"}
WITHOUT_EFFECT = ("-Numeric", "-timestamp", "-tshort", "-human-readable", "-iec", "-resolve")
FAMILIES = {"-4": "inet", "-6": "inet6"}
KNOWN = "-4, -6, -br, -d, -j, -o, -p, -s, -V"
VERSION = "ip utility, iproute2-6.1.0, libbpf 1.1.2\n"


class IpOptions(NamedTuple):
    """``family`` is ``inet``, ``inet6`` or nothing; ``statistics`` counts how often ``-s`` was said."""

    brief: bool = False
    details: bool = False
    json: bool = False
    pretty: bool = False
    oneline: bool = False
    statistics: int = 0
    family: str = ""
    version: bool = False

    @property
    def inet(self) -> bool:
        """Whether IPv4 is asked for, alone or with others."""
        return self.family in ("", "inet")

    def as_json(self, value: list) -> str:
        """Return JSON as ``-j`` or ``-j -p`` print it."""
        return written(value, pretty=self.pretty)

    def on_lines(self, text: str) -> str:
        """Return a text of several lines; with ``-o`` they are one."""
        if not self.oneline:
            return text
        return text.rstrip("\n").replace("\n", "\\") + "\n"


def read(words: Words, program: str = "ip") -> IpOptions:
    """Take the options."""
    options = IpOptions()
    while words.peek().startswith("-") and words.peek() != "--":
        word = words.next()
        plain = word[1:] if word.startswith("--") else word
        name = next((each for each in NAMES if each.startswith(plain) and plain != "-"), None)
        if plain.startswith(("-color", "-c=")):
            name = "-color"
        if name is None:
            raise Failure(f'Option "{word}" is unknown, try "{program} -help".', 255)
        if name == "-Version":
            return options._replace(version=True)
        options = _with(options, name, word, words, program)
    return options


def _with(options: IpOptions, name: str, word: str, words: Words, program: str) -> IpOptions:
    if name in SET:
        return IpOptions(**{**options._asdict(), SET[name]: True})
    if name in ("-stats", "-statistics"):
        return options._replace(statistics=options.statistics + 1)
    if name == "-family":
        family = words.next()
        if family not in ("inet", "inet6"):
            raise Unknown(program, f"-family {family}", "-family inet, -family inet6")
        return options._replace(family=family)
    if name in FAMILIES:
        return options._replace(family=FAMILIES[name])
    if name == "-netns":
        where = words.next()
        message = f'Cannot open network namespace "{where}": No such file or directory'
        raise Failure(message, 255)
    if name == "-color" and not word.endswith(("=never", "=auto")):
        raise Unknown(program, word, "output without colours")
    if name not in (*WITHOUT_EFFECT, "-color"):
        raise Unknown(program, word, KNOWN)
    return options
