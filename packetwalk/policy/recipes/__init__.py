"""A small shop and the policies that everybody writes for it, the ones that are misread among them: one file each.

The first lines of a file are its title, what it shows, and the packet that shows it, which says, too, whether the file is
one of those that are misread; the book's pages compute what it makes of the shop.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from packetwalk.errors import chosen
from packetwalk.policy.estate import Estate
from packetwalk.policy.loading import load

FOLDER = Path(__file__).parent
SHOP = "shop"
_ASKED = re.compile(r"(Often misread\. )?Ask: (\S+) -> (\S+) (\S+) (\d+)")


class Asking(NamedTuple):
    """A packet by the names of its ends, as ``policy.explain`` takes them."""

    source: str
    destination: str
    protocol: str
    port: int


class Recipe(NamedTuple):
    """A set of policies for the shop: its name, title, what it shows and at which packet, its manifests as text.

    ``misread``: whether people often take it for something else.
    """

    name: str
    title: str
    shows: str
    asked: Asking
    misread: bool
    text: str

    def estate(self, plugin: str = "calico") -> Estate:
        """Return the shop under these policies."""
        return load(texts={f"{SHOP}.yaml": shop(), f"{self.name}.yaml": self.text}, plugin=plugin)

    @property
    def manifests(self) -> str:
        """The policies, and below them the shop, as one text."""
        return f"{self.text}---\n{shop()}"


@cache
def shop() -> str:
    """Return the manifests of the shop."""
    return (FOLDER / f"{SHOP}.yaml").read_text()


@cache
def recipes() -> tuple[Recipe, ...]:
    """Return all of them, by name."""
    return tuple(_read(each) for each in sorted(FOLDER.glob("*.yaml")) if each.stem != SHOP)


def recipe(name: str) -> Recipe:
    """Return one; BadInput names those that there are."""
    found: Recipe = chosen("recipe", name, recipes())
    return found


def _read(path: Path) -> Recipe:
    text = path.read_text()
    title, *shows, asked = [line.lstrip("# ") for line in text.splitlines() if line.startswith("#")]
    found = _ASKED.fullmatch(asked)
    assert found, f"{path.name}: the last line of its head is no question"
    question = Asking(found[2], found[3], found[4], int(found[5]))
    return Recipe(path.stem, title, " ".join(shows), question, bool(found[1]), text)
