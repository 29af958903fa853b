"""What ``ping`` is asked for (iputils 20221126), with its own messages for wrong values."""

from __future__ import annotations

import re
from typing import NamedTuple

from packetwalk.shell.hosts import address
from packetwalk.shell.options import Options, read
from packetwalk.shell.terminal import Failure, Terminal, Unknown

FLAGS, VALUES = "aAbBdDfhLnOqrRUvV46", "cFiIlmMNpQsStTwW"
KNOWN = (
    "-c COUNT, -s BYTES, -M do|want|dont, -t TTL, -Q TOS, -W SECONDS, -w SECONDS, -i, -I, -n, -q, -O, -v, -4"
)
MOST_SENT, LONGEST_COUNT, LONGEST_SIZE = 1000, 2**63 - 1, 2**31 - 1
GARBAGE = "ping: option argument contains garbage: {}\nping: this will become fatal error in the future\n"
VERSION = (
    "ping from iputils 20221126\n"
    "libcap: yes, IDN: yes, NLS: no, error.h: yes, getrandom(): yes, __fpending(): yes\n"
)


class PingAsked(NamedTuple):
    """``name`` is the target as it was written; ``via`` what stands behind ``from``; ``said`` comes first."""

    target: str
    name: str
    number: int = 1
    size: int = 56
    ttl: int = 64
    wait: float = 10.0
    interval: float = 1.0
    hint: str = "want"
    via: str = ""
    quiet: bool = False
    late: bool = False
    verbose: bool = False
    said: str = ""
    tos: int = 0


def asked(terminal: Terminal, arguments: list[str]) -> PingAsked:
    """Read the command line."""
    options, words = read("ping", arguments, FLAGS, VALUES, {}, 2)
    for letter in "aAbBdDfhLrRUFlmNpST6":
        if letter in options:
            raise Unknown("ping", f"-{letter}", KNOWN)
    number = _whole(options, "c", 1, LONGEST_COUNT)
    size = _whole(options, "s", 0, LONGEST_SIZE)
    ttl = _whole(options, "t", 0, 255)
    hint = options.get("M") or "want"
    if hint not in ("do", "dont", "want"):
        raise Failure(f"ping: invalid -M argument: {hint}", 2)
    said, wait, interval = _seconds(options)
    if not words:
        raise Failure("ping: usage error: Destination address required")
    if len(words) > 1:
        raise Unknown("ping", " ".join(words), "one destination")
    name, target = words[0], address(words[0])
    if target is None:
        why = "Temporary failure in name resolution" if name else "Name or service not known"
        raise Failure(f"ping: {name}: {why}", 2)
    if number is None:
        raise Unknown("ping", "no end", "-c COUNT, so that it ends")
    if number > MOST_SENT:
        raise Unknown("ping", f"-c {number}", f"-c up to {MOST_SENT}: each packet is walked")
    if ttl == 0:
        raise Failure("ping: cannot set unicast time-to-live: Invalid argument", 2)
    return PingAsked(
        target,
        name,
        number,
        56 if size is None else size,
        ttl or 64,
        wait,
        interval,
        hint,
        _via(terminal, target, options.get("I")),
        "q" in options,
        "O" in options,
        "v" in options,
        said,
        _tos(options.get("Q")),
    )


def _tos(text: str | None) -> int:
    """Return a type of service, with 0x in hexadecimal digits (``parsetos``)."""
    if text is None:
        return 0
    digits = text[2:] if text[:2].lower() == "0x" else text
    base = 10 if digits == text else 16
    try:
        value = int(digits, base)
    except ValueError:
        raise Failure(f"ping: bad TOS value: {text}", 2) from None
    if not 0 <= value <= 255:
        raise Failure(f"ping: the decimal value of TOS bits must be in range 0-255: {value}", 2)
    return value


def _whole(options: Options, letter: str, least: int, most: int) -> int | None:
    value = options.get(letter)
    if value is None:
        return None
    if not re.fullmatch(r"[+-]?[0-9]+", value):
        raise Failure(f"ping: invalid argument: '{value}'")
    if not least <= int(value) <= most:
        raise Failure(f"ping: invalid argument: '{value}': out of range: {least} <= value <= {most}")
    return int(value)


def _seconds(options: Options) -> tuple[str, float, float]:
    """Return what is said of garbage, how long an answer is waited for, and the time between packets."""
    said, found = "", {"W": 10.0, "i": 1.0}
    for letter in "iW":
        text = options.get(letter)
        if text is None:
            continue
        match = re.match(r"-?[0-9]*\.?[0-9]+", text)
        if match is None or match[0] != text:
            said += GARBAGE.format(text)
        number = float(match[0]) if match else 0.0
        if letter == "W" and number < 0:
            raise Failure(f"ping: bad linger time: {text}", 2)
        found[letter] = number or found[letter]
    deadline = _whole(options, "w", 0, LONGEST_SIZE)
    if deadline and deadline > 1:
        raise Unknown("ping", f"-w {deadline}", "-w 1; -W SECONDS")
    return said, min(found["W"], deadline or found["W"]), found["i"]


def _via(terminal: Terminal, target: str, wanted: str | None) -> str:
    """Return what ``-I`` adds, where it asks for no other way than the one that is taken anyway."""
    if wanted is None:
        return ""
    route = terminal.ns.fib.lookup(target)
    numeric = re.fullmatch(r"[0-9.]+", wanted) is not None
    if not numeric and wanted not in terminal.ns.links:
        raise Failure(f"ping: SO_BINDTODEVICE {wanted}: No such device", 2)
    if numeric and wanted not in terminal.ns.local:
        raise Failure("ping: bind: Cannot assign requested address", 2)
    if route is None or route.type != "unicast":
        raise Unknown("ping", f"-I {wanted}", "-I DEVICE or ADDRESS that is used anyway")
    source = terminal.ns.source_for(route)
    if wanted not in (route.dev, source):
        raise Unknown("ping", f"-I {wanted}", f"-I {route.dev}, -I {source}")
    return f" from {source} {'' if numeric else wanted}:"
