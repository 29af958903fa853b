"""How the walks were proven, as tables for pages: made of the results that come with the package."""

from __future__ import annotations

from collections import defaultdict

import pandas as pd

from packetwalk.plan.rules import NFTABLES
from packetwalk.proof import results as proof
from packetwalk.proof.compare import MASKS
from packetwalk.walks import compare
from packetwalk.walks.catalogue import SCENARIOS
from packetwalk.widgets.frames import CaptionedTable

PLACES = {"kernel": "Kernel", "guest": "Guest's kernel", "emulated": "With a stand-in"}
NONE = "–"


def matrix() -> CaptionedTable:
    """Return for every mode how many comparisons agreed, by place, or why there is none."""
    by_mode: dict[tuple[str, str], dict[str, proof.Row]] = defaultdict(dict)
    for row in proof.rows(proof.matrix()["results"]):
        by_mode[row.plugin, row.mode][row.where] = row
    pairs = list(compare.modes())
    columns = {title: [_count(by_mode[pair].get(where)) for pair in pairs] for where, title in PLACES.items()}
    native = {(row.plugin, row.mode): row for row in proof.matrix()[NFTABLES] if row.where}
    columns["Rules of nftables"] = [_count(native.get(pair)) for pair in pairs]
    columns["Not here, and why"] = [_reason(by_mode[pair].get("")) for pair in pairs]
    kernels = proof.matrix()["kernels"]
    where = f"{PLACES['kernel']}: {kernels['kernel']}"
    if kernels.get("guest"):
        where += f"; {PLACES['guest'].lower()}: {kernels['guest']}"
    frame = pd.DataFrame(columns, index=pd.Index([" ".join(pair) for pair in pairs], name="Mode"))
    return CaptionedTable(frame, f"Comparisons that agree, of those made: tables and packets. {where}")


def _count(row: proof.Row | None) -> str:
    return _of(row.proven, row.of) if row else NONE


def _of(part: int, whole: int) -> str:
    """Return a count that stays on one line."""
    return f"{part} of {whole}".replace(" ", "\N{NO-BREAK SPACE}")


def _reason(row: proof.Row | None) -> str:
    return row.reason if row else ""


def programs() -> CaptionedTable:
    """Return in how many comparisons a plugin's own program had written its part of the tables."""
    by_program: dict[str, list[proof.Result]] = defaultdict(list)
    for each in proof.matrix()["results"]:
        if each.writer and each.where:
            by_program[each.writer].append(each)
    frame = pd.DataFrame(
        {
            "Modes": [
                ", ".join(dict.fromkeys(f"{each.plugin} {each.mode}" for each in mine))
                for mine in by_program.values()
            ],
            "Agree": [
                _of(sum(each.verdict == "proven" for each in mine), len(mine)) for mine in by_program.values()
            ],
        },
        index=pd.Index(list(by_program), name="Program"),
    )
    return CaptionedTable(frame, "Comparisons in which a plugin's own program wrote a part of the tables")


def page() -> CaptionedTable:
    """Return for every mode how many comparisons agreed in the kernel of a page, and what differed there."""
    rows = proof.rows(proof.page())
    frame = pd.DataFrame(
        {
            "Agree": [_of(row.proven, row.of) for row in rows],
            "With a fault": [_of(*_broken(row)) for row in rows],
        },
        index=pd.Index([f"{row.plugin} {row.mode}" for row in rows], name="Mode"),
    )
    return CaptionedTable(frame, f"Comparisons in the kernel of a page that agree, of those made: {proof.page_kernel()}, in Node")


def _broken(row: proof.Row) -> tuple[int, int]:
    """Return how many of a mode's comparisons in the page were of a fault and agreed, and how many were made."""
    mine = [each for each in proof.page() if (each.plugin, each.mode) == row[:2] and each.fault]
    return sum(each.verdict == "proven" for each in mine), len(mine)


def walks() -> CaptionedTable:
    """Return for every mode and scenario the best place in which its packets were proven."""
    pairs = list(compare.modes())
    frame = pd.DataFrame(
        {
            each.name: [PLACES.get(proof.mark(*pair, each.name).where, NONE).lower() for pair in pairs]
            for each in SCENARIOS
        },
        index=pd.Index([" ".join(pair) for pair in pairs], name="Mode"),
    )
    return CaptionedTable(frame, "The best place in which the packets of a walk were proven")


def masks() -> CaptionedTable:
    """Return what is not compared, and why."""
    frame = pd.DataFrame({"Why": list(MASKS.values())}, index=pd.Index(list(MASKS), name="Not compared"))
    return CaptionedTable(frame, "What is not compared between model and kernel")
