"""What ``traceroute`` is asked for (2.1.2), with its own messages for wrong values."""

from __future__ import annotations

import re
from typing import NamedTuple

from packetwalk.shell.hosts import address
from packetwalk.shell.terminal import Failure, Terminal, Unknown

LENGTH = 60  # bytes of an IP packet
FIRST_PORT = {"udp": 33434, "tcp": 80, "icmp": 1}
MOST_HOPS, MOST_PROBES, MOST_LENGTH = 255, 10, 65000
FLAGS = {
    "-4": "",
    "-F": "--dont-fragment",
    "-I": "--icmp",
    "-T": "--tcp",
    "-U": "--udp",
    "-n": "",
}
VALUES = {
    "-f": ("--first", "first_ttl"),
    "-m": ("--max-hops", "max_ttl"),
    "-N": ("--sim-queries", "squeries"),
    "-p": ("--port", "port"),
    "-q": ("--queries", "nqueries"),
    "-w": ("--wait", "MAX,HERE,NEAR"),
}
OTHERS = "-6 -d -g -i -t -l -r -s -z -e -A -M -O -UL -D -P -V --mtu --back --help --version --debug --gateway"
OTHERS += (
    " --interface --tos --flowlabel --source --sendwait --extensions --as-path-lookups --module --options"
)
OTHERS += " --sport --fwmark --dccp --protocol"
KNOWN = ", ".join([*FLAGS, *VALUES, "HOST [BYTES]"])
VERSION = (
    "Modern traceroute for Linux, version 2.1.2\n"
    "Copyright (c) 2016  Dmitry Butskoy,   License: GPL v2 or any later\n"
)


class TracerouteAsked(NamedTuple):
    """``target`` is the address, ``name`` as it was written; ``length`` in bytes, with the IP header."""

    target: str
    name: str
    proto: str
    first: int
    most: int
    queries: int
    port: int
    grows: bool
    patience: float
    numeric: bool
    df: bool
    length: int


class _Given:
    """Options by their letters, with what each stood as and where."""

    def __init__(self) -> None:
        self.values: dict[str, tuple[str, str, int]] = {}
        self.words: list[tuple[str, int]] = []

    def number(self, letter: str, default: int) -> int:
        """Return a value; Failure in the program's words where it is none."""
        if letter not in self.values:
            return default
        text, option, place = self.values[letter]
        found = _whole(text)
        if found is None:
            raise Failure(f"Cannot handle `{option}' option with arg `{text}' (argc {place})", 2)
        return found


def _whole(text: str) -> int | None:
    match = re.fullmatch(r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))", text, re.ASCII)
    if not match:
        return None
    value = int(match[2], 16) if match[2] else int(match[3], 8) if match[3] else int(match[4])
    return (-value if match[1] == "-" else value) % 2**32


def asked(terminal: Terminal, arguments: list[str]) -> TracerouteAsked:
    """Read the command line."""
    if not arguments:
        raise Unknown("traceroute", "no host", KNOWN)
    given = _read(arguments)
    patience = _patience(given)
    if not given.words:
        raise Failure('Specify "host" missing argument.', 2)
    (name, place), *more = given.words
    target = address(name)
    if target is None:
        why = "Temporary failure in name resolution" if name else "Name or service not known"
        raise Failure(
            f'{name}: {why}\nCannot handle "host" cmdline arg `{name}\' on position 1 (argc {place})', 2
        )
    first, most, queries = given.number("-f", 1), given.number("-m", 30), given.number("-q", 3)
    length = _length(more)
    port, simultaneous = given.number("-p", 0), given.number("-N", 16)
    if not 1 <= first <= most:
        raise Failure("first hop out of range", 2)
    if most > MOST_HOPS:
        raise Failure(f"max hops cannot be more than {MOST_HOPS}", 2)
    if not 1 <= queries <= MOST_PROBES:
        raise Failure(f"no more than {MOST_PROBES} probes per hop", 2)
    if patience < 0:
        raise Failure(f"bad wait specifications `{given.values['-w'][0]},0,0' used", 2)
    if length > MOST_LENGTH:
        raise Failure(f"too big packetlen {length} specified", 2)
    if not simultaneous:
        raise Failure("bad sim-queries 0 specified", 2)
    proto = next((p for letter, p in (("-T", "tcp"), ("-I", "icmp")) if letter in given.values), "udp")
    chosen = "-U" in given.values
    return TracerouteAsked(
        target,
        name,
        proto,
        first,
        most,
        queries,
        port % 65536 or (53 if chosen and proto == "udp" else FIRST_PORT[proto]),
        proto == "udp" and not chosen,
        patience,
        "-n" in given.values,
        "-F" in given.values,
        max(length, 28),
    )


def _read(arguments: list[str]) -> _Given:
    given, others = _Given(), OTHERS.split()
    place = 0
    while place < len(arguments):
        word = arguments[place]
        place += 1
        at = place
        if not word.startswith("-") or word == "-":
            given.words.append((word, at))
            continue
        name, has, value = word.partition("=")
        letter = next((each for each, (long, _) in VALUES.items() if long == name), "")
        flag = next((each for each, long in FLAGS.items() if word in (each, long)), "")
        if letter:
            if not has:
                what = f"`{name}={VALUES[letter][1]}'"
                raise Failure(f"Option `{name}' (argc {at}) requires an argument: {what}", 2)
            given.values[letter] = value, name, at
        elif word[:2] in VALUES:
            letter, value = word[:2], word[2:]
            if not value:
                if place == len(arguments):
                    what = f"`{letter} {VALUES[letter][1]}'"
                    raise Failure(f"Option `{letter}' (argc {at}) requires an argument: {what}", 2)
                value, place = arguments[place], place + 1
            given.values[letter] = value, letter, place
        elif flag:
            given.values[flag] = "", flag, at
        elif name in others or word[:2] in others:
            raise Unknown("traceroute", word, KNOWN)
        else:
            _cluster(given, word, at)
    return given


def _cluster(given: _Given, word: str, at: int) -> None:
    """Read flags that stand in one word."""
    for letter in (f"-{each}" for each in word[1:]):
        if letter in VALUES and len(word) > 2 and not word.startswith("--"):
            what = f"`{letter} {VALUES[letter][1]}'"
            raise Failure(f"Option `{letter}' (argc {at}) requires an argument: {what}", 2)
        if letter in OTHERS.split():
            raise Unknown("traceroute", word, KNOWN)
        if letter not in FLAGS:
            raise Failure(f"Bad option `{word}' (argc {at})", 2)
        given.values[letter] = "", letter, at


def _patience(given: _Given) -> float:
    """Return for how many seconds an answer is waited for: MAX of MAX,HERE,NEAR (traceroute(8)).

    The other two shorten it once another probe was answered, by its round trip: here an answer takes no time.
    """
    text, option, place = given.values.get("-w", ("5.0", "-w", 0))
    factors = re.split("[,/]", text)
    if len(factors) > 3 or not all(
        re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", each, re.ASCII) for each in factors
    ):
        raise Failure(f"Cannot handle `{option}' option with arg `{text}' (argc {place})", 2)
    return float(factors[0])


def _length(more: list[tuple[str, int]]) -> int:
    if not more:
        return LENGTH
    (text, place), *extra = more
    length = _whole(text)
    if length is None:
        raise Failure(f'Cannot handle "packetlen" cmdline arg `{text}\' on position 2 (argc {place})', 2)
    if extra:
        raise Failure(f"Extra arg `{extra[0][0]}' (position 3, argc {extra[0][1]})", 2)
    return length
