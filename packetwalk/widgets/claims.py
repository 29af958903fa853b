"""Checked claims: read from a YAML file that the page names, counted with pandas, shown as lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import yaml

from packetwalk.errors import BadInput
from packetwalk.widgets.frames import CaptionedTable, Marked

VERDICTS = ("true", "imprecise", "outdated", "wrong")
ISSUE = re.compile(r"([\w.-]+/[\w.-]+)#(\d+)")
LINK = re.compile(r"\[([^\]]+)\]\((\S+)\)")
PAGE = "checked-claims"
STYLE = (
    ".verdicts{border:1px solid currentColor;border-radius:8px;padding:.3rem .9rem .6rem;margin:1rem 0}"
    ".verdicts label{display:inline-block;margin-right:1.1rem;padding:.25rem 0}"
    ".claims>li{margin:0 0 1.3rem;padding-left:.3rem}.claims>li>p{margin:0 0 .3rem}"
    ".claims .said{font-weight:650}.claims .evidence{font-size:.85em}"
    ".claims .verdict{text-transform:uppercase;font-size:.75em;letter-spacing:.05em;margin-right:.4em}"
    ".claims .true .verdict{color:var(--good)}.claims :is(.wrong,.outdated) .verdict{color:var(--bad)}"
)


class Claim(NamedTuple):
    """A claim in our words: ``evidence`` is (text, address or "") pairs, ``see`` (page, title) pairs.

    ``row``, ``plugin`` and ``corrected`` are set where the claim is a cell of the table.
    """

    number: int
    id: str
    part: str
    claim: str
    verdict: str
    why: str
    evidence: tuple[tuple[str, str], ...]
    see: tuple[tuple[str, str], ...]
    row: str
    plugin: str
    corrected: str


class Claims:
    """All claims of a file, numbered in its order."""

    def __init__(self, path: Path | str) -> None:
        """Raise BadInput when a claim has no known verdict or lacks why or evidence."""
        data = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        self.titles = {part["id"]: part["title"] for part in data["parts"]}
        self.claims = tuple(_read(data))

    def __len__(self) -> int:
        return len(self.claims)

    def __iter__(self) -> Iterator[Claim]:
        return iter(self.claims)

    def counts(self) -> CaptionedTable:
        """Return how many claims of each part got each verdict."""
        frame = pd.DataFrame(self.claims)
        table = pd.crosstab(frame["part"], frame["verdict"], margins=True, margins_name="Together")
        table = table.reindex(index=[*self.titles, "Together"], columns=[*VERDICTS, "Together"], fill_value=0)
        index = [self.titles.get(name, name) for name in table.index]
        plain = pd.DataFrame(
            {name: [int(count) for count in table[name]] for name in table},
            index=pd.Index(index, name="Part"),
        ).astype(object)
        return CaptionedTable(plain, f"{len(self)} claims by part and verdict")

    def comparison(self) -> CaptionedTable:
        """Return the comparison table as it should read, each cell with the verdict on the old one."""
        cells = [claim for claim in self.claims if claim.row]
        frame = pd.DataFrame(
            {
                "row": [claim.row for claim in cells],
                "plugin": [claim.plugin for claim in cells],
                "cell": [_cell(claim) for claim in cells],
            }
        )
        table = frame.pivot(index="row", columns="plugin", values="cell")
        table = table.reindex(index=frame["row"].unique(), columns=frame["plugin"].unique())
        table.index.name = "Feature"
        return CaptionedTable(table, "What each cell should say, and the verdict on what is usually said")

    def chooser(self) -> Chooser:
        """Return buttons that show the claims of one verdict only."""
        counted = {verdict: sum(claim.verdict == verdict for claim in self) for verdict in VERDICTS}
        return Chooser({"all": len(self), **counted})

    def part(self, name: str) -> BookPart:
        """Return the claims of one part; BadInput lists the parts."""
        if name not in self.titles:
            raise BadInput("part", name, self.titles)
        return BookPart(tuple(claim for claim in self.claims if claim.part == name))


class Chooser:
    """Radio buttons that hide all other claims, by style alone; as text the counts."""

    def __init__(self, counted: dict[str, int]) -> None:
        self.counted = counted

    def __repr__(self) -> str:
        return ", ".join(f"{verdict} {count}" for verdict, count in self.counted.items())

    def _repr_html_(self) -> str:
        hiding = "".join(
            f"body:has(#only-{verdict}:checked) .claims>li:not(.{verdict}){{display:none}}"
            for verdict in VERDICTS
        )
        buttons = "".join(
            f'<label><input type="radio" name="verdict" id="only-{verdict}"'
            f"{' checked' if verdict == 'all' else ''}> {verdict} ({count})</label> "
            for verdict, count in self.counted.items()
        )
        return (
            f"<style>{STYLE}{hiding}</style>"
            f'<fieldset class="verdicts"><legend>Show the claims that are</legend>{buttons}</fieldset>'
        )


class BookPart:
    """The claims of one part: a list in a page, plain lines as text."""

    def __init__(self, claims: tuple[Claim, ...]) -> None:
        self.claims = claims

    def __repr__(self) -> str:
        return "\n".join(
            f"{claim.number:>3}  {claim.verdict:<9}  {claim.claim}\n{'':16}{claim.why}"
            for claim in self.claims
        )

    def _repr_html_(self) -> str:
        items = "\n".join(_item(claim) for claim in self.claims)
        return f'<ol class="claims">\n{items}\n</ol>'


def _read(data: dict) -> Iterator[Claim]:
    number = 0
    for part in data["parts"]:
        for found in part["claims"]:
            number += 1
            name = found.get("id", f"number {number}")
            if found.get("verdict") not in VERDICTS:
                raise BadInput(f"verdict of {name}", found.get("verdict"), VERDICTS)
            if not found.get("why") or not found.get("evidence"):
                raise BadInput(f"claim {name}", "no why or no evidence", ["both"])
            yield Claim(
                number,
                name,
                part["id"],
                found["claim"],
                found["verdict"],
                found["why"],
                tuple(_source(text, data["sources"]) for text in found["evidence"]),
                tuple(found.get("see", {}).items()),
                found.get("row", ""),
                found.get("plugin", ""),
                found.get("is", ""),
            )


def _source(text: str, sources: dict[str, list[str]]) -> tuple[str, str]:
    """Return (text, address) of a piece of evidence; the address is empty for plain words."""
    key, colon, path = text.partition(":")
    if colon and key in sources:
        words, address = sources[key]
        return words.format(path.rstrip("/")), address.format(path)
    if issue := ISSUE.fullmatch(text):
        return text, f"https://github.com/{issue[1]}/issues/{issue[2]}"
    if link := LINK.fullmatch(text):
        return link[1], link[2]
    return text, ""


def _item(claim: Claim) -> str:
    evidence = "; ".join(_link(text, address) for text, address in claim.evidence)
    see = ", ".join(_link(title, f"{page}.html") for page, title in claim.see)
    more = f" <b>See</b> {see}." if see else ""
    return (
        f'<li id="claim-{claim.id}" value="{claim.number}" class="{claim.verdict}">'
        f'<p><strong class="verdict">{claim.verdict.capitalize()}.</strong> '
        f'<span class="said">{escape(claim.claim)}</span></p>'
        f"<p>{escape(claim.why)}</p>"
        f'<p class="evidence"><b>Evidence</b> {evidence}.{more}</p></li>'
    )


def _cell(claim: Claim) -> Marked:
    link = _link(f"cell {claim.number}", f"{PAGE}.html#claim-{claim.id}")
    return Marked(
        f"{claim.corrected} [{claim.verdict}]",
        f"{escape(claim.corrected)} <small>({claim.verdict}: {link})</small>",
    )


def _link(text: str, address: str) -> str:
    return f'<a href="{escape(address)}">{escape(text)}</a>' if address else escape(text)
