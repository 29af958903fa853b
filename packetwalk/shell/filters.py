"""``head``, ``tail``, ``wc``, ``sort``, ``uniq``, ``cut`` (GNU coreutils 9.1): filters of what another program printed."""

from __future__ import annotations

import re
from itertools import groupby

from packetwalk.shell.options import Options, read
from packetwalk.shell.terminal import Failure, Terminal, Unknown

LINES = 10


def _text(terminal: Terminal, program: str, words: list[str]) -> str:
    if words and words != ["-"]:
        raise Unknown(program, words[0], "what another program prints (a pipe)")
    return terminal.text


def _count(program: str, arguments: list[str]) -> tuple[str, list[str]]:
    """Return the number of lines, perhaps with a sign, and the other words; ``-3`` is ``-n 3``."""
    plain = [f"-n{word[1:]}" if re.fullmatch(r"-\d+", word) else word for word in arguments]
    options, words = read(program, plain, "qvz", "nc", {"lines": "n", "bytes": "c", "quiet": "q"}, 1)
    if "c" in options:
        raise Unknown(program, "-c", "-n LINES")
    value = options.get("n") or str(LINES)
    if not re.fullmatch(r"[+-]?\d+", value):
        raise Failure(f"{program}: invalid number of lines: '{value}'", 1)
    return value, words


def head(terminal: Terminal, arguments: list[str]) -> str:
    """Print the first lines; with ``-n -N`` all but the last."""
    value, words = _count("head", arguments)
    lines = _text(terminal, "head", words).splitlines(keepends=True)
    return "".join(lines[: int(value)] if value != "-0" else lines)


def tail(terminal: Terminal, arguments: list[str]) -> str:
    """Print the last lines; with ``-n +N`` from the N-th on."""
    value, words = _count("tail", arguments)
    lines = _text(terminal, "tail", words).splitlines(keepends=True)
    if value.startswith("+"):
        return "".join(lines[max(int(value) - 1, 0) :])
    number = abs(int(value))
    return "".join(lines[-number:] if number else [])


def wc(terminal: Terminal, arguments: list[str]) -> str:
    """Count lines, words and bytes."""
    options, words = read(
        "wc", arguments, "lwcm", "", {"lines": "l", "words": "w", "bytes": "c", "chars": "m"}, 1
    )
    text = _text(terminal, "wc", words)
    counts = {"l": text.count("\n"), "w": len(text.split()), "m": len(text), "c": len(text.encode())}
    chosen = [str(counts[letter]) for letter in "lwmc" if letter in options]
    if len(chosen) == 1:
        return f"{chosen[0]}\n"
    return " ".join(f"{each:>7}" for each in chosen or [str(counts[letter]) for letter in "lwc"]) + "\n"


def sort(terminal: Terminal, arguments: list[str]) -> str:
    """Sort lines, as in the C locale."""
    options, words = read(
        "sort", arguments, "rnuVbf", "kt", {"reverse": "r", "numeric-sort": "n", "unique": "u"}
    )
    for letter in "kVtbf":
        if letter in options:
            raise Unknown("sort", f"-{letter}", "-r, -n, -u")
    lines = _text(terminal, "sort", words).splitlines()
    if "n" in options:
        lines.sort(key=lambda line: (_leading(line), line), reverse="r" in options)
    else:
        lines.sort(reverse="r" in options)
    if "u" in options:
        same = _leading if "n" in options else str
        lines = [next(group) for _, group in groupby(lines, key=same)]
    return "".join(f"{line}\n" for line in lines)


def _leading(line: str) -> float:
    found = re.match(r"\s*(-?\d*\.?\d+)", line)
    return float(found[1]) if found else 0.0


def uniq(terminal: Terminal, arguments: list[str]) -> str:
    """Leave out a line that is the same as the one before."""
    options, words = read("uniq", arguments, "cdu", "", {"count": "c", "repeated": "d", "unique": "u"}, 1)
    lines = _text(terminal, "uniq", words).splitlines()
    found = [(line, len(list(same))) for line, same in groupby(lines)]
    chosen = [
        (line, number)
        for line, number in found
        if not ("d" in options and number == 1) and not ("u" in options and number > 1)
    ]
    return "".join(f"{number:>7} {line}\n" if "c" in options else f"{line}\n" for line, number in chosen)


def cut(terminal: Terminal, arguments: list[str]) -> str:
    """Print fields, or characters, of each line."""
    options, words = read(
        "cut", arguments, "s", "dfcb", {"delimiter": "d", "fields": "f", "characters": "c"}, 1
    )
    lines = _text(terminal, "cut", words).splitlines()
    between = options.get("d") or "\t"
    if len(between) != 1:
        raise Failure(
            "cut: the delimiter must be a single character\nTry 'cut --help' for more information.", 1
        )
    letter = next((each for each in "fcb" if each in options), None)
    if letter is None:
        raise Failure(
            "cut: you must specify a list of bytes, characters, or fields\nTry 'cut --help' for more information.",
            1,
        )
    chosen = _ranges(options, letter)
    return "".join(
        f"{_cut(line, letter, between, chosen)}\n" for line in lines if not _left_out(line, between, options)
    )


def _left_out(line: str, between: str, options: Options) -> bool:
    return "s" in options and "f" in options and between not in line


def _cut(line: str, letter: str, between: str, chosen: list[tuple[int, int]]) -> str:
    if letter == "f" and between not in line:
        return line
    parts = line.split(between) if letter == "f" else list(line)
    kept = [part for n, part in enumerate(parts, 1) if any(low <= n <= high for low, high in chosen)]
    return (between if letter == "f" else "").join(kept)


def _ranges(options: Options, letter: str) -> list[tuple[int, int]]:
    what = "field" if letter == "f" else "byte/character position"
    found = []
    for part in (options.get(letter) or "").split(","):
        match = re.fullmatch(r"(\d*)(-?)(\d*)", part)
        if not match or not (match[1] or match[3]):
            raise Failure(f"cut: invalid {what} value '{part}'\nTry 'cut --help' for more information.", 1)
        low = int(match[1] or 1)
        high = int(match[3]) if match[3] else (1 << 31 if match[2] else low)
        found.append((low, high))
    return found


PROGRAMS = {"head": head, "tail": tail, "wc": wc, "sort": sort, "uniq": uniq, "cut": cut}
