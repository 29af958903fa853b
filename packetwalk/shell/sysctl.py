"""``sysctl`` (procps 4.0): print settings of the network, and write those on which the way of packets depends."""

from __future__ import annotations

import re

from packetwalk.capture.output import Output
from packetwalk.shell import settings
from packetwalk.shell.options import Options, read
from packetwalk.shell.settings import Path
from packetwalk.shell.terminal import Failure, Terminal, Unknown

LONG = {"all": "a", "ignore": "e", "names": "N", "values": "n", "quiet": "q", "write": "w", "pattern": "r"}


def path_of(key: str) -> Path:
    """Return a setting's path: with dots, slashes stand for dots of a name, and the other way about."""
    first = re.search(r"[./]", key)
    if first and first[0] == ".":
        key = key.translate(str.maketrans("./", "/."))
    return tuple(part for part in key.split("/") if part)


def dotted(path: Path) -> str:
    """Return a path as it is printed."""
    return ".".join(part.replace(".", "/") for part in path)


def run(terminal: Terminal, arguments: list[str]) -> Output:
    """Print settings, or write them (``KEY=VALUE``, with or without ``-w``)."""
    options, words = read("sysctl", arguments, "aAXebNnqwhVd", "rpf", LONG, 1)
    if any(letter in options for letter in "pfhVbd"):
        raise Unknown("sysctl", " ".join(arguments), "KEY, KEY=VALUE, -a, -n, -N, -e, -q, -w, -r PATTERN")
    pattern = options.get("r")
    every = settings.every(terminal)
    out, errors = "", ""
    if any(letter in options for letter in "aAX"):
        return Output(
            "".join(_line(path, value, options) for path, value in every.items() if _fits(path, pattern))
        )
    if not words:
        raise Failure("sysctl: no variables specified\nTry `sysctl --help' for more information.")
    for number, word in enumerate(words):
        key, written, value = word.partition("=")
        path = path_of(key.strip())
        below = [each for each in every if each[: len(path)] == path]
        if not below:
            errors += "" if "e" in options else _missing(path)
        elif written:
            try:
                settings.write(terminal, path, value, every.get(path, ""))
            except ValueError:
                errors += f'sysctl: setting key "{dotted(path)}": Invalid argument\n'
                continue
            every = settings.every(terminal) if number + 1 < len(words) else every
            out += "" if "q" in options else _line(path, value.strip(), options)
        elif "w" in options:
            errors += "sysctl: command line(0): invalid syntax, continuing...\n"
        else:
            out += "".join(_line(each, every[each], options) for each in below if _fits(each, pattern))
    return Output(errors + out, 1 if errors else 0, errors=len(errors))


def _missing(path: Path) -> str:
    """Return what is said of a setting that is not there, or that is none of the network's."""
    if path[:1] != ("net",) or path[:2] in (("net", "core"), ("net", "unix")) or len(path) == 1:
        raise Unknown("sysctl", dotted(path), "settings of the network (net.ipv4, net.bridge, net.netfilter)")
    if path[1] in ("ipv4", "ipv6", "netfilter") and len(path) == 3 and settings.may_be(path):
        raise Unknown("sysctl", dotted(path), "settings that every machine has with the same value")
    return f"sysctl: cannot stat /proc/sys/{'/'.join(path)}: No such file or directory\n"


def _fits(path: Path, pattern: str | None) -> bool:
    try:
        return pattern is None or re.search(pattern, dotted(path)) is not None
    except re.error:
        raise Failure(f'sysctl: "{pattern}" is an invalid pattern') from None


def _line(path: Path, value: str, options: Options) -> str:
    if "N" in options:
        return f"{dotted(path)}\n"
    return f"{value}\n" if "n" in options else f"{dotted(path)} = {value}\n"


PROGRAMS = {"sysctl": run}
