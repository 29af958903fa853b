"""What the fields of a document may be: a wrong one is refused, one that changes nothing here is named."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from typing import Any, NamedTuple

from packetwalk.errors import BadInput

LEAST_MTU = 68  # bytes; a device takes no smaller one (ETH_MIN_MTU)


class DocumentField(NamedTuple):
    """A field: ``valid`` says what fits, in words; ``same`` are the values that leave all as it is here.

    Without ``same`` the model does what the field says.
    """

    valid: str
    fits: Callable[[Any], bool]
    same: tuple[Any, ...] | None = None

    def only(self, *same: Any) -> DocumentField:
        """Return the field of which the model knows these values alone."""
        return self._replace(same=same)


DocumentFields = Mapping[str, DocumentField]


def whole(least: int, most: int, valid: str = "") -> DocumentField:
    """Return a field with a whole number; YAML's ``true`` is none."""
    return DocumentField(
        valid or f"{least} to {most}",
        lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most,
    )


def among(*values: str) -> DocumentField:
    """Return a field with one of several words."""
    return DocumentField(", ".join(values), lambda value: isinstance(value, str) and value in values)


def _address(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(IPv4Address(value))
    except AddressValueError:
        return False


def _network(value: Any) -> bool:
    try:
        return isinstance(value, str) and "/" in value and bool(IPv4Network(value))
    except ValueError:
        return False


BOOL = DocumentField("true, false, without quotes", lambda value: isinstance(value, bool))
TEXT = DocumentField("text in quotes", lambda value: isinstance(value, str))
FILLED = DocumentField("text", lambda value: isinstance(value, str) and value != "")
LIST = DocumentField("a list", lambda value: isinstance(value, list))
OBJECT = DocumentField("fields with values", lambda value: isinstance(value, dict))
ADDRESS = DocumentField("an IPv4 address in quotes", _address)
NETWORK = DocumentField("an IPv4 network, ADDRESS/LENGTH", _network)
WORDS = DocumentField(
    "names with text in quotes",
    lambda value: (
        isinstance(value, dict) and all(isinstance(each, str) for pair in value.items() for each in pair)
    ),
)
OTHER = DocumentField("", lambda value: True, ())
"""A field that the plugin has, of whatever kind, and that changes nothing here."""


def checked(
    where: str, given: Any, fields: DocumentFields, needed: Iterable[str] = (), *, more: bool = False
) -> list[str]:
    """Return the names of those fields that change nothing here; BadInput for one that is wrong or unknown.

    ``needed`` must be there. With ``more``, others exist too: one of them is named, and refused only where it is
    one of ``fields`` misspelt.
    """
    if not isinstance(given, dict):
        raise BadInput(where, given, [OBJECT.valid])
    for name in needed:
        if name not in given:
            raise BadInput(f"{where}, {name}", None, [fields[name].valid])
    left = []
    for name, value in given.items():
        field = fields.get(name)
        if field is None:
            near = difflib.get_close_matches(str(name), fields, 1, 0.85)
            if more and not near:
                left.append(str(name))
                continue
            raise BadInput(f"{where}, field", name, near if more else fields)
        if not field.fits(value):
            raise BadInput(f"{where}, {name}", value, [field.valid])
        if field.same is not None and not any(value is each or value == each for each in field.same):
            left.append(str(name))
    return left


def aside(left: Iterable[str]) -> str:
    """Return how those fields are named at the end of a line."""
    names = ", ".join(sorted(left))
    return f"; left alone: {names}" if names else ""


METADATA: DocumentFields = {
    "name": FILLED,
    "namespace": TEXT,
    "labels": WORDS,
    "annotations": WORDS,
    **dict.fromkeys(
        (
            "creationTimestamp",
            "deletionTimestamp",
            "finalizers",
            "generateName",
            "generation",
            "managedFields",
        ),
        OTHER,
    ),
    **dict.fromkeys(("ownerReferences", "resourceVersion", "selfLink", "uid"), OTHER),
}
"""Of every resource (apimachinery ``ObjectMeta``)."""


def resource(document: dict, versions: Iterable[str], parts: Iterable[str]) -> str:
    """Check what every resource has; return ``KIND/NAME``. ``parts`` are its own members, as ``spec``."""
    kind = document["kind"]
    metadata = document.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    where = f"{kind}/{name or ''}"
    known = {"apiVersion": among(*versions), "kind": FILLED, "metadata": OBJECT}
    checked(where, document, {**known, **dict.fromkeys(parts, OTHER)}, ("metadata",))
    checked(f"{where}, metadata", metadata, METADATA, ("name",))
    return where
