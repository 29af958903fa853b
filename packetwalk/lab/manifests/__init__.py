"""YAML documents that change a network: what a plugin would do with them, as a mode and settings.

Which kinds a plugin knows, its file in ``packetwalk.lab.plugins`` says.  All else is named and left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from packetwalk.errors import BadInput
from packetwalk.lab.advice import pyyaml
from packetwalk.plan import cluster
from packetwalk.plan.cluster import Node
from packetwalk.plan.edit import Change, alter, entries
from packetwalk.plan.operation import Operation
from packetwalk.tables import LinkEntry

if TYPE_CHECKING:
    from packetwalk.policy.manifests.documents import Document

SIZED = {"bridge", "veth", "vxlan", "ipip", "wireguard", "tun"}
"""Kinds of devices whose MTU a plugin sets."""


OWN_ALREADY = ("Service", "Endpoints", "EndpointSlice")
"""Kinds of which a lab's cluster has its own, and makes no others."""


class Own(Protocol):
    """Settings that only one plugin has; two of them are equal when they change the same."""

    def change(self, machines: cluster.Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        """Return the plan of a node as the settings leave it."""


class Settings(NamedTuple):
    """What documents set beside the mode: ``mtu`` of pods and tunnels in bytes, the plugin's ``own``.

    ``policies`` are the documents about policies that are kept.
    """

    mtu: int | None = None
    own: Own | None = None
    policies: tuple[Document, ...] = ()

    def change(self, machines: cluster.Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        """Return the plan of a node as the settings leave it."""
        if self.mtu:
            plan = alter(entries(LinkEntry, kind=SIZED), mtu=self.mtu)(machines, node, plan)
        return self.own.change(machines, node, plan) if self.own else plan


class Asked(NamedTuple):
    """What documents ask for; ``lines`` say for each document what changes, or that nothing does."""

    mode: str
    settings: Settings
    lines: list[str]


Read = tuple[str, Settings, str]
Reader = Callable[[dict, str, Settings], Read]
"""What reads one kind of document: it takes and returns mode and settings, and says what changes."""


def change(settings: Settings) -> Change | None:
    """Return the change of a plan that settings make, or None where they are the usual ones."""
    return settings.change if settings.mtu or settings.own else None


def read(
    manifest: str | Path,
    plugin: str,
    readers: Mapping[str, Reader],
    mode: str,
    settings: Settings,
    kept: Callable[[dict], bool] = lambda document: False,
) -> Asked:
    """Read documents, from a file or as text; BadInput says which document is wrong, and how.

    ``readers`` are the plugin's, by the kind of document; ``kept`` says which ones somebody else keeps.
    """
    lines: list[str] = []
    for number, document in enumerate(_documents(manifest), 1):
        if not isinstance(document, dict) or not isinstance(document.get("kind"), str):
            raise BadInput(f"document {number}", str(document)[:60], ["a resource with apiVersion and kind"])
        kind = document["kind"]
        metadata = document.get("metadata")
        name = metadata.get("name", "") if isinstance(metadata, dict) else ""
        reader = readers.get(kind)
        if reader is None and kept(document):
            lines.append(f"{kind}/{name}: taken")
            continue
        if reader is None and kind in OWN_ALREADY:
            lines.append(f"{kind}/{name}: left alone, the lab's cluster has its own")
            continue
        if reader is None:
            lines.append(f"{kind}/{name}: does not change the network of {plugin} here")
            continue
        try:
            mode, settings, said = reader(document, mode, settings)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if isinstance(error, BadInput):
                raise
            raise BadInput(f"{kind}/{name}", f"{type(error).__name__}: {error}") from None
        lines.append(f"{kind}/{name}: {said}")
    return Asked(mode, settings, lines)


def parted(manifest: str | Path, mine: Callable[[Any], bool]) -> tuple[list[dict[str, Any]], str]:
    """Return the documents that are somebody's, and the rest as text; the whole text as it is where none are."""
    documents = _documents(manifest)
    found = [each for each in documents if mine(each)]
    if not found:
        return [], text_of(manifest)
    others = [each for each in documents if not mine(each)]
    return found, str(pyyaml().safe_dump_all(others)) if others else ""


def left_alone(texts: Iterable[str], own: Collection[str]) -> str:
    """Return, as one text, the names of applied Services and EndpointSlices that are not the cluster's own."""
    found = {
        (each["kind"], each["metadata"]["name"]): {
            "apiVersion": each["apiVersion"],
            "kind": each["kind"],
            "metadata": {key: each["metadata"][key] for key in ("name", "namespace") if key in each["metadata"]},
        }
        for text in texts
        for each in _documents(text)
        if each.get("kind") in OWN_ALREADY and each["metadata"]["name"] not in own
    }
    return str(pyyaml().safe_dump_all(found.values())) if found else ""


def text_of(manifest: str | Path) -> str:
    """Return the text of a manifest: what is given where it has lines, else what is in a file of that name."""
    text = str(manifest)
    if not isinstance(manifest, str | Path) or not text.strip():
        raise BadInput("manifest", text or "nothing", ["YAML text", "the path of a file"])
    if isinstance(manifest, str) and "\n" in text:
        return text
    try:
        return Path(manifest).read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise BadInput("manifest", text, [f"a YAML file ({reason})"]) from None


def _documents(manifest: str | Path) -> list[Any]:
    yaml, text = pyyaml(), text_of(manifest)
    try:
        return [document for document in yaml.safe_load_all(text) if document is not None]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "the text"
        raise BadInput("manifest", f"{where}: {getattr(error, 'problem', error)}", ["YAML"]) from None
