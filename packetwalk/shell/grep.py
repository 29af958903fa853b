"""``grep`` (GNU grep 3.8): lines of what another program printed, or of files that ``cat`` knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from packetwalk.capture.output import Output
from packetwalk.shell.options import Options, read
from packetwalk.shell.terminal import Failure, Terminal, Unknown

FLAGS = "EFGivcnowxqsh"
VALUES = "eABCm"
LONG = {
    "extended-regexp": "E",
    "fixed-strings": "F",
    "basic-regexp": "G",
    "ignore-case": "i",
    "invert-match": "v",
    "count": "c",
    "line-number": "n",
    "only-matching": "o",
    "word-regexp": "w",
    "line-regexp": "x",
    "quiet": "q",
    "regexp": "e",
    "after-context": "A",
    "before-context": "B",
    "context": "C",
    "max-count": "m",
    "no-filename": "h",
    "color": "",
}
USAGE = "Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information."
SPECIAL = "(){}|+?"
CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": " \\t",
    "digit": "0-9",
    "lower": "a-z",
    "punct": re.escape("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
    "space": "\\s",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}


class Context(NamedTuple):
    """How many lines before and after a found one are printed too."""

    before: int
    after: int


def run(terminal: Terminal, arguments: list[str]) -> Output:
    """Print the lines that match."""
    options, words = read("grep", arguments, FLAGS, VALUES, LONG)
    patterns = options.every("e")
    if not patterns:
        if not words:
            raise Failure(USAGE, 2)
        patterns = [words.pop(0)]
    if words:
        raise Unknown("grep", words[0], "what another program prints (a pipe)")
    found = _compiled(options, [line for pattern in patterns for line in pattern.split("\n")])
    lines = terminal.text.splitlines()
    chosen = [n for n, line in enumerate(lines) if (found.search(line) is None) == ("v" in options)]
    most = options.number("m", "grep: invalid max count")
    chosen = chosen if most is None else chosen[:most]
    code = 0 if chosen else 1
    if "q" in options:
        return Output("", code)
    if "c" in options:
        return Output(f"{len(chosen)}\n", code)
    if "o" in options:
        parts = [] if "v" in options else _parts(found, lines, chosen, "n" in options)
        return Output("".join(f"{part}\n" for part in parts), code)
    return Output(
        "".join(f"{line}\n" for line in _printed(lines, chosen, _context(options), "n" in options)), code
    )


def _context(options: Options) -> Context | None:
    both = options.number("C", "grep: {}: invalid context length argument")
    before = options.number("B", "grep: {}: invalid context length argument")
    after = options.number("A", "grep: {}: invalid context length argument")
    if (both, before, after) == (None, None, None):
        return None
    return Context(both or 0 if before is None else before, both or 0 if after is None else after)


def _parts(found: re.Pattern[str], lines: list[str], chosen: list[int], numbered: bool) -> Iterator[str]:
    for n in chosen:
        for match in found.finditer(lines[n]):
            if match[0]:
                yield f"{n + 1}:{match[0]}" if numbered else match[0]


def _printed(lines: list[str], chosen: list[int], context: Context | None, numbered: bool) -> Iterator[str]:
    wanted = set(chosen)
    before, after = context or Context(0, 0)
    shown = sorted(
        {n for each in chosen for n in range(each - before, each + after + 1) if 0 <= n < len(lines)}
    )
    last = None
    for n in shown:
        if context and last is not None and n > last + 1:
            yield "--"
        last = n
        yield f"{n + 1}{':' if n in wanted else '-'}{lines[n]}" if numbered else lines[n]


def _compiled(options: Options, patterns: list[str]) -> re.Pattern[str]:
    one = re.escape if "F" in options else (extended if "E" in options else basic)
    whole = "|".join(f"(?:{one(pattern)})" for pattern in patterns)
    if "x" in options:
        whole = f"^(?:{whole})$"
    elif "w" in options:
        whole = rf"(?<!\w)(?:{whole})(?!\w)"
    try:
        return re.compile(whole, re.IGNORECASE if "i" in options else 0)
    except re.error as error:
        raise Failure(f"grep: Invalid regular expression ({error.msg})", 2) from None


def basic(pattern: str) -> str:
    """Return a basic regular expression in Python's words: there, a backslash makes special what is plain here."""
    return _translated(pattern, plain=SPECIAL)


def extended(pattern: str) -> str:
    """Return an extended regular expression in Python's words."""
    return _translated(pattern, plain="")


def _translated(pattern: str, plain: str) -> str:
    out, at = [], 0
    while at < len(pattern):
        char = pattern[at]
        if char == "[":
            end, text = _bracket(pattern, at)
            out.append(text)
            at = end
            continue
        if char == "\\" and at + 1 < len(pattern):
            char, at = pattern[at + 1], at + 1
            out.append(
                r"\b"
                if char in "<>"
                else char
                if char in plain
                else f"\\{char}"
                if char in "wWbBsS"
                else re.escape(char)
            )
        elif char in plain or (char == "*" and (not out or out[-1] in ("(", "|"))):
            out.append(re.escape(char))
        else:
            out.append(char if char in "^$.*(){}|+?" else re.escape(char))
        at += 1
    return "".join(out)


def _bracket(pattern: str, start: int) -> tuple[int, str]:
    """Return where a bracket expression ends, and its text; a backslash in it is itself."""
    at = start + 1
    negated = pattern[at : at + 1] == "^"
    at += negated
    first, out = at, ""
    while at < len(pattern) and (pattern[at] != "]" or at == first):
        named = re.match(r"\[:(\w+):\]", pattern[at:])
        if named:
            if named[1] not in CLASSES:
                raise Failure("grep: Unmatched [, [^, [:, [., or [=", 2)
            out += CLASSES[named[1]]
            at += named.end()
        else:
            out += "\\" + pattern[at] if pattern[at] in "\\[]^&~|" else pattern[at]
            at += 1
    if at >= len(pattern):
        raise Failure("grep: Unmatched [, [^, [:, [., or [=", 2)
    return at + 1, f"[{'^' if negated else ''}{out}]"


PROGRAMS = {
    "grep": run,
    "egrep": lambda terminal, arguments: run(terminal, ["-E", *arguments]),
    "fgrep": lambda terminal, arguments: run(terminal, ["-F", *arguments]),
}
