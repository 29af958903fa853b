"""Calico's selectors, and label selectors of Kubernetes in the same form: read by hand, asked of labels or of all at once.

``!`` binds closer than ``&&``, ``&&`` closer than ``||``; ``!=`` and ``not in`` also take what lacks the label;
an empty text is ``all()`` (libcalico-go/lib/selector/parser of Calico v3.33).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from packetwalk.errors import BadInput
from packetwalk.policy.index import Index

DEEPEST = 100
"""Parentheses in one another that a selector may have."""
LONGEST_LABEL = 512
_TOKEN = re.compile(
    r"""[ \t]*(?:
    (?P<string>"[^"]*"|'[^']*') | (?P<sign>&&|\|\||==|!=|!|[(){},]) |
    (?P<call>(?:all|global)\([ \t]*\)) | has\([ \t]*(?P<has>[\w./-]+)[ \t]*\) | (?P<word>[\w./-]+)
    )""",
    re.VERBOSE | re.ASCII,
)
_SPELT = {"in": "{}", "not in": "{}", "==": "''", "!=": "''"}
_TESTS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda value, part: part in value,
    "starts with": str.startswith,
    "ends with": str.endswith,
}


class Selector(NamedTuple):
    """A selector: ``word`` says what it asks; ``key`` and ``values`` are an atom's, ``parts`` what && || ! join."""

    word: str
    key: str = ""
    values: tuple[str, ...] = ()
    parts: tuple[Selector, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Say whether labels are as it wants them."""
        match self.word:
            case "all()" | "global()":
                return True
            case "!":
                return not self.parts[0].matches(labels)
            case "&&":
                return all(part.matches(labels) for part in self.parts)
            case "||":
                return any(part.matches(labels) for part in self.parts)
        value = labels.get(self.key)
        if self.word in ("!=", "not in"):
            return value not in self.values
        return value is not None and self._holds(value)

    def _holds(self, value: str) -> bool:
        if self.word in _TESTS:
            return _TESTS[self.word](value, self.values[0])
        return self.word == "has" or value in self.values

    def mask(self, index: Index) -> int:
        """Return the bits of all that it matches."""
        match self.word:
            case "all()" | "global()":
                return index.everybody
            case "!":
                return index.everybody ^ self.parts[0].mask(index)
            case "&&":
                found = index.everybody
                for part in self.parts:
                    found &= part.mask(index)
                return found
            case "||":
                return _joined(part.mask(index) for part in self.parts)
        holders = index.label(self.key)
        if self.word in ("!=", "not in"):
            return index.everybody ^ _joined(holders.get(value, 0) for value in self.values)
        if self.word in ("==", "in"):
            return _joined(holders.get(value, 0) for value in self.values)
        return _joined(bits for value, bits in holders.items() if self._holds(value))

    def refusal(self, labels: Mapping[str, str]) -> str:
        """Say which part of it is not true of labels; empty where it matches."""
        if self.matches(labels):
            return ""
        if self.word == "&&":
            return next(why for why in (part.refusal(labels) for part in self.parts) if why)
        keys = sorted(set(self.keys()))
        told = ", ".join(f"{key} is {labels[key]!r}" if key in labels else f"no {key}" for key in keys)
        return f"not {self}" + (f" ({told})" if told else "")

    def keys(self) -> Iterator[str]:
        """Yield every label that it asks for."""
        if self.key:
            yield self.key
        for part in self.parts:
            yield from part.keys()

    def prefixed(self, prefix: str) -> Selector:
        """Return it for labels that have this before their names."""
        key = prefix + self.key if self.key else ""
        return self._replace(key=key, parts=tuple(part.prefixed(prefix) for part in self.parts))

    def replaced(self, words: Mapping[str, Selector]) -> Selector:
        """Return it with other selectors for some words."""
        if self.word in words:
            return words[self.word]
        return self._replace(parts=tuple(part.replaced(words) for part in self.parts))

    def __str__(self) -> str:
        if self.word == "!":
            return f"!{_bracketed(self.parts[0])}"
        if self.word in ("&&", "||"):
            return f" {self.word} ".join(_bracketed(part) for part in self.parts)
        if self.word == "has":
            return f"has({self.key})"
        if self.word in ("in", "not in"):
            return f"{self.key} {self.word} {{{', '.join(map(_quoted, self.values))}}}"
        return f"{self.key} {self.word} {_quoted(self.values[0])}" if self.key else self.word


ALL = Selector("all()")


def _joined(masks: Iterator[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found


def _quoted(value: str) -> str:
    return f'"{value}"' if "'" in value else f"'{value}'"


def _bracketed(part: Selector) -> str:
    return f"({part})" if part.word in ("&&", "||") else str(part)


def both(*parts: Selector | None) -> Selector | None:
    """Return what wants all of some selectors; None where there is none."""
    wanted = tuple(part for part in parts if part is not None)
    return Selector("&&", parts=wanted) if len(wanted) > 1 else wanted[0] if wanted else None


@lru_cache(maxsize=4096)
def parse(text: str) -> Selector:
    """Read a selector of Calico; BadInput shows where it is none."""
    return _Reading(text).whole()


class _Reading:
    """The tokens of one selector, read from left to right."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth = text, 0, 0
        self.kind, self.token = "", ""
        self._step()

    def whole(self) -> Selector:
        if not self.kind:
            return ALL
        found = self._either()
        if self.kind:
            self._wrong("&&", "||", "the end")
        return found

    def _step(self) -> None:
        self.start = self.at
        found = _TOKEN.match(self.text, self.at)
        if found is None:
            if self.text[self.at :].strip(" \t"):
                self._wrong("a label", "a quoted value", "&&", "||", "!")
            self.kind = self.token = ""
            return
        self.at, self.kind = found.end(), found.lastgroup or ""
        self.token = found[self.kind]
        if self.kind in ("word", "has") and len(self.token) > LONGEST_LABEL:
            self._wrong(f"labels of at most {LONGEST_LABEL} characters")

    def _wrong(self, *wanted: str) -> None:
        raise BadInput(
            f"selector {self.text[:80]!r} at character {self.start + 1}", self.text[self.start :][:40], wanted
        )

    def _take(self, kind: str, token: str, *wanted: str) -> str:
        if self.kind != kind or (token and self.token != token):
            self._wrong(*wanted)
        taken = self.token
        self._step()
        return taken

    def _either(self) -> Selector:
        return self._chain("||", lambda: self._chain("&&", self._operand))

    def _chain(self, sign: str, part: Callable[[], Selector]) -> Selector:
        parts = [part()]
        while (self.kind, self.token) == ("sign", sign):
            self._step()
            parts.append(part())
        return parts[0] if len(parts) == 1 else Selector(sign, parts=tuple(parts))

    def _operand(self) -> Selector:
        turned = 0
        while (self.kind, self.token) == ("sign", "!"):
            self._step()
            turned += 1
        found = self._atom()
        return Selector("!", parts=(found,)) if turned % 2 else found

    def _atom(self) -> Selector:
        if (self.kind, self.token) == ("sign", "("):
            self.depth += 1
            if self.depth > DEEPEST:
                self._wrong(f"at most {DEEPEST} parentheses in one another")
            self._step()
            found = self._either()
            self._take("sign", ")", ")", "&&", "||")
            self.depth -= 1
            return found
        if self.kind == "call":
            return Selector(self._take("call", "").partition("(")[0] + "()")
        if self.kind == "has":
            return Selector("has", self._take("has", ""))
        return self._comparison(
            self._take("word", "", "a label", "has(LABEL)", "all()", "global()", "(", "!")
        )

    def _comparison(self, key: str) -> Selector:
        word = self._operator()
        if word not in ("in", "not in"):
            return Selector(word, key, (self._take("string", "", "a quoted value")[1:-1],))
        self._take("sign", "{", "{")
        values = []
        while (self.kind, self.token) != ("sign", "}"):
            values.append(self._take("string", "", "a quoted value", "}")[1:-1])
            if (self.kind, self.token) != ("sign", ","):
                break
            self._step()
        self._take("sign", "}", "}", ",")
        return Selector(word, key, tuple(values))

    def _operator(self) -> str:
        """Read the word or sign between a label and what it is compared with; blanks in it may be left out."""
        known = ("==", "!=", "in", "not in", "contains", "starts with", "ends with")
        word, begun = self.token, self.start
        if self.kind in ("sign", "word") and word in (
            "==",
            "!=",
            "in",
            "contains",
            "notin",
            "startswith",
            "endswith",
        ):
            self._step()
            return {"notin": "not in", "startswith": "starts with", "endswith": "ends with"}.get(word, word)
        if self.kind == "word" and word in ("not", "starts", "ends"):
            self._step()
            second = {"not": "in"}.get(word, "with")
            if (self.kind, self.token) == ("word", second):
                self._step()
                return f"{word} {second}"
        self.start = begun
        self._wrong(*known)
        raise AssertionError
