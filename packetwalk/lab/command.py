"""A learner's command line: one program and its arguments, with names of the cluster as addresses."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

from packetwalk.errors import BadInput

CLIENTS = ("ping", "traceroute", "tracepath", "curl", "nc", "iperf3")
"""Programs whose arguments name a host: there, names of pods and services become addresses."""


def split(command: str) -> list[str]:
    """Return the words of a command line; BadInput for what only a shell can do."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars="();<>|&")
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        words = list(lexer)
    except ValueError as error:
        raise BadInput(
            f"command ({str(error).lower()})", command, ["one command with its arguments"]
        ) from None
    signs = [word for word in words if word and not set(word) - set("();<>|&")]
    if signs or not words:
        raise BadInput("command", command, ["one command with its arguments: no pipe, no redirection"])
    return words


def addressed(words: list[str], find: Callable[[str], str | None]) -> list[str]:
    """Return the words with names replaced by addresses; ``find`` knows both."""
    if words[0] not in CLIENTS:
        return words

    def one(word: str) -> str:
        match = re.fullmatch(r"(https?://)?([A-Za-z][\w-]*)((?:[:/].*)?)", word)
        found = find(match[2]) if match else None
        return f"{match[1] or ''}{found}{match[3]}" if match and found else word

    return [words[0], *map(one, words[1:])]
