"""A learner's command line: a program and filters of what it prints, with names of the cluster as addresses."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence

from packetwalk.errors import BadInput

CLIENTS = ("ping", "traceroute", "tracepath", "curl", "nc", "iperf3")
"""Programs whose arguments name a host: there, names of pods and services become addresses."""


FILTERS = (
    "grep",
    "egrep",
    "fgrep",
    "head",
    "tail",
    "wc",
    "sort",
    "uniq",
    "cut",
    "tr",
    "awk",
    "sed",
    "column",
)
"""Programs that may stand after a pipe: they read text and look at nothing else."""
WHOLE = "one command with its arguments, and filters of its text after a pipe; no redirection"


def stages(line: str) -> list[list[str]]:
    """Return the words of a command, then of each filter after a pipe; BadInput for what only a shell can do."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="();<>|&")
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        words = list(lexer)
    except ValueError as error:
        raise BadInput(f"command ({str(error).lower()})", line, [WHOLE]) from None
    found: list[list[str]] = [[]]
    for word in words:
        if word == "|":
            found.append([])
        elif set(word) - set("();<>|&") or not word:
            found[-1].append(word)
        else:
            raise BadInput("command", line, [WHOLE])
    if not all(found):
        raise BadInput("command", line, [WHOLE])
    for words in found[1:]:
        if words[0] not in FILTERS:
            raise BadInput("filter after a pipe", words[0], FILTERS)
    return found


def piped(argv: Sequence[str], filters: Sequence[Sequence[str]]) -> list[str]:
    """Return the program that runs a program and lets filters read what it prints; its errors pass them by."""
    if not filters:
        return list(argv)
    return ["sh", "-c", " | ".join(shlex.join(words) for words in [argv, *filters])]


def addressed(words: list[str], find: Callable[[str], str | None]) -> list[str]:
    """Return the words with names replaced by addresses; ``find`` knows both."""
    if words[0] not in CLIENTS:
        return words

    def one(word: str) -> str:
        match = re.fullmatch(r"(https?://)?([A-Za-z][\w-]*)((?:[:/].*)?)", word)
        found = find(match[2]) if match else None
        return f"{match[1] or ''}{found}{match[3]}" if match and found else word

    return [words[0], *map(one, words[1:])]
