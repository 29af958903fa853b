"""A plugin's own manifest, with the few values that choose a mode; every other byte stays as published."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packetwalk.errors import BadInput, LabError
from packetwalk.lab.advice import pyyaml
from packetwalk.lab.kind.installation import Document, Installation


def patched(of: Installation, mode: str, text: str, *, password: str = "") -> str:
    """Return a plugin's manifest for one mode; ``password`` is for a mode that encrypts by one.

    BadInput for a mode that kind does not have; LabError when the manifest has not what is to be changed.
    """
    yaml = pyyaml()

    if mode not in of.modes:
        raise BadInput(f"mode of {of.plugin} on kind", mode, of.modes)
    parts = re.split(r"(?m)^---[ \t]*$", text)
    changed = 0
    for number, part in enumerate(parts):
        if not re.search(r"(?m)^\s*(- )?kind: *(ConfigMap|DaemonSet)\b", part):
            continue
        document = yaml.safe_load(part)
        done = [of.choose(each, mode) for each in _resources(document or {})]
        if any(done):
            parts[number] = "\n" + yaml.safe_dump(document, sort_keys=False)
            changed += 1
    if not changed:
        raise LabError(f"{of.plugin}: the manifest has nothing that chooses a mode")
    parts += ["\n" + yaml.safe_dump(each, sort_keys=False) for each in of.beside(mode, password)]
    return "---".join(parts)


def _resources(document: Document) -> Iterator[Document]:
    yield from document["items"] if document.get("kind") == "List" else [document]


def set_variable(container: Document, variable: Document) -> None:
    """Give a container an environment variable, in the place of one of this name."""
    others = [each for each in container.get("env") or [] if each["name"] != variable["name"]]
    container["env"] = [*others, variable]
