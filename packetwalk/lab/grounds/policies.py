"""Policies that a planned cluster keeps, and what they speak of: applied and taken away by kind, namespace and name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from packetwalk.lab.rooms import absent, room

if TYPE_CHECKING:
    from packetwalk.policy.manifests.collected import Collected
    from packetwalk.policy.manifests.documents import Document

FOREIGN = ("Node", "Service", "Endpoints", "EndpointSlice", "IPPool")
"""What a planned cluster has of its own, or its plugin reads."""
IN_PART = {"FelixConfiguration": "defaultEndpointToHostAction"}
"""Kinds of which policies ask for one field; for all else its plugin reads them."""
NAME = "manifest"
Key = tuple[str, str, str]


def is_about_policies(document: dict) -> bool:
    """Say whether a document is a policy, or tells of pods what policies ask for."""
    if absent("policy") or document.get("kind") in FOREIGN:
        return False
    kind, spec = document.get("kind"), document.get("spec")
    if kind in IN_PART and not (isinstance(spec, dict) and IN_PART[kind] in spec):
        return False
    asked = document.get("apiVersion"), kind
    found: bool = asked in room("policy.manifests.kinds").wanted()
    return found


def read(text: str) -> tuple[Document, ...]:
    """Return the documents of a text that are about policies; BadInput, with its line, for one that is wrong."""
    if absent("policy"):
        return ()
    documents = room("policy.manifests.documents").documents(NAME, text)
    found = tuple(each for each in documents if isinstance(each.data, dict) and is_about_policies(each.data))
    collected(found)
    return found


def collected(documents: tuple[Document, ...]) -> Collected | None:
    """Return what documents hold; None where there are none."""
    if not documents:
        return None
    found: Collected = room("policy.manifests.loading").collect(documents)
    return found


def applied(before: tuple[Document, ...], read: tuple[Document, ...]) -> tuple[Document, ...]:
    """Return what is kept when documents come: one of the same name takes the earlier one's place."""
    return (*deleted(before, read), *read)


def deleted(before: tuple[Document, ...], read: tuple[Document, ...]) -> tuple[Document, ...]:
    """Return what is kept when documents are taken away, by their names."""
    gone = set(map(_key, read))
    return tuple(each for each in before if _key(each) not in gone)


def gone(before: tuple[Document, ...], read: tuple[Document, ...]) -> Iterator[str]:
    """Yield a line for each document that is taken away, or was not there."""
    kept = set(map(_key, before))
    for each in read:
        kind, _, name = key = _key(each)
        yield f"{kind}/{name}: {'deleted' if key in kept else 'was not there'}"


def _key(document: Document) -> Key:
    metadata = document.data.get("metadata") or {}
    return document.data["kind"], metadata.get("namespace") or "default", metadata.get("name", "")
