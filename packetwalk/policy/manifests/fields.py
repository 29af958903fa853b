"""A manifest's fields, each taken by name and by type; what nobody takes is said with its file and line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

from packetwalk.errors import BadInput
from packetwalk.policy.manifests import wording
from packetwalk.policy.manifests.documents import Document

_SHOWN = str | bool | int | float | None
"""Values that an error shows as they are: others have no one way to be printed."""
_KINDS = {dict: "a mapping", list: "a list", str: "a string", bool: "true or false", int: "a whole number"}


LONGEST = 60
"""Characters of a value that an error shows."""


class Given:
    """A value of a document, and the way to it."""

    __slots__ = ("document", "value", "way")

    def __init__(self, document: Document, value: Any, way: tuple[str | int, ...] = ()) -> None:
        self.document, self.value, self.way = document, value, way

    def wrong(self, given: object, *valid: str) -> NoReturn:
        """Say what is wrong here, in one line."""
        said = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.way).lstrip(".")
        if given is None:
            raise BadInput.missing(f"{self.document.at(self.way)}: {said or 'document'}", valid)
        shown = f"{given[:LONGEST]}..." if isinstance(given, str) and len(given) > LONGEST else given
        raise BadInput(f"{self.document.at(self.way)}: {said or 'document'}", shown, valid)

    def only(self, *names: str) -> Given:
        """Return it, a mapping with no other fields than these; a value that is not there is an empty one."""
        if self.value is None:
            return Given(self.document, {}, self.way)
        self.kind(dict)
        for name in self.value:
            if name not in names:
                near = get_close_matches(str(name), names, 1)
                (self / name).unknown(*near or names)
        return self

    def unknown(self, *valid: str) -> NoReturn:
        """Say that nobody knows this field."""
        name = str(self.way[-1])[:LONGEST]
        above = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in self.way[:-1]).lstrip(".")
        raise BadInput(f"{self.document.at(self.way)}: field of {above or 'the document'}", name, valid)

    def kind(self, wanted: type) -> Any:
        """Return the value, which is of this type."""
        if not isinstance(self.value, wanted) or (wanted is int and isinstance(self.value, bool)):
            self.wrong(self.value if isinstance(self.value, _SHOWN) else "...", _KINDS[wanted])
        return self.value

    def __truediv__(self, step: str | int) -> Given:
        value = self.value
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step]
        else:
            value = None
        return Given(self.document, value, (*self.way, step))

    @property
    def there(self) -> bool:
        """Whether it is written at all; null is nothing."""
        return self.value is not None

    def each(self) -> Iterator[Given]:
        """Yield the values of a list; nothing where there is none."""
        if self.value is not None:
            for place, value in enumerate(self.kind(list)):
                yield Given(self.document, value, (*self.way, place))

    def text(self, default: str | None = None) -> str:
        """Return a string; the default where it is not written."""
        if self.value is None and default is not None:
            return default
        found: str = self.kind(str)
        return found

    def worded(self, missing: Callable[[str], str], default: str | None = None) -> str:
        """Return a string in which nothing is missing that a name or a label needs (``wording``)."""
        found = self.text(default)
        valid = missing(found)
        if valid:
            self.wrong(found, valid)
        return found

    def flag(self) -> bool:
        """Return true or false, false where it is not written."""
        return self.value is not None and self.kind(bool)

    def whole(self, least: int, most: int) -> int:
        """Return a whole number of these bounds."""
        number: int = self.kind(int)
        if not least <= number <= most:
            self.wrong(number, f"{least} to {most}")
        return number

    def one_of(self, names: Sequence[str], default: str | None = None) -> str:
        """Return one of some words."""
        found = self.text(default)
        if found not in names:
            self.wrong(found, *names)
        return found

    def labels(self) -> Mapping[str, str]:
        """Return labels: names with string values, as Kubernetes takes them."""
        if self.value is None:
            return {}
        for name, value in self.kind(dict).items():
            if type(value) is not str or type(name) is not str:
                (self / name).wrong(value, "a string, in quotes")
            if wording.label_key(name):
                (self / name).wrong(name, wording.label_key(name))
            (self / name).worded(wording.label_value)
        found: Mapping[str, str] = self.value
        return found
