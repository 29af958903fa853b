"""From files to what they hold: every object read by its kind, lists opened, an unknown kind told with its line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import lru_cache

from packetwalk.policy.manifests.collected import Collected
from packetwalk.policy.manifests.documents import Document
from packetwalk.policy.manifests.fields import Given
from packetwalk.policy.manifests.kinds import Reader, kinds
from packetwalk.policy.manifests.yaml_lines import KEPT

GONE = {
    "AdminNetworkPolicy": "ClusterNetworkPolicy of tier Admin, which took its place",
    "BaselineAdminNetworkPolicy": "ClusterNetworkPolicy of tier Baseline, which took its place",
}


def collect(read: Iterable[Document], blocks_match_pods: bool = True) -> Collected:
    """Read every object of some documents."""
    found = Collected(blocks_match_pods)
    for document in read:
        part = _remembered(document, blocks_match_pods) if document.short else None
        if part is None or found.meets(part):  # reading says where
            _read(document, found)
        else:
            found.add(part, document)
    found.stand_in()
    return found


@lru_cache(maxsize=KEPT)
def _remembered(document: Document, blocks_match_pods: bool) -> Collected:
    found = Collected(blocks_match_pods)
    _read(document, found)
    return found


def _read(document: Document, found: Collected) -> None:
    for each in _objects(Given(document, document.data)):
        _reader(each)(each, found)


def _objects(at: Given, kind: str = "", version: str = "") -> Iterator[Given]:
    """Yield the objects of a document: one, a list's items, or those of a JSON list."""
    if isinstance(at.value, list):
        for each in at.each():
            yield from _objects(each)
        return
    at.kind(dict)
    if kind and "kind" not in at.value:
        at = Given(at.document, {"kind": kind, "apiVersion": version, **at.value}, at.way)
    named = (at / "kind").text("")
    if named == "List" or (named.endswith("List") and "items" in at.value):
        at.only("apiVersion", "kind", "metadata", "items")
        for each in (at / "items").each():
            yield from _objects(each, named[: -len("List")], (at / "apiVersion").text(""))
        return
    yield at


def _reader(at: Given) -> Reader:
    version, kind = at / "apiVersion", at / "kind"
    for each, what in ((version, "an apiVersion"), (kind, "a kind")):
        if not each.there or not each.text():
            each.wrong(each.value, what)
    known = kinds()
    if (version.text(), kind.text()) not in known:
        if kind.text() in GONE:
            kind.wrong(kind.text(), GONE[kind.text()])
        versions = sorted({one for one, name in known if name == kind.text()})
        if versions:
            version.wrong(f"{version.text()} {kind.text()}", *versions)
        names = sorted({name for _, name in known})
        kind.wrong(
            kind.text(), *(get_close_matches(kind.text(), names) or ["a kind of Kubernetes or Calico"])
        )
    return known[version.text(), kind.text()]
