"""Every case of ``prove`` in the page's kernel, in Node, and the table of what came of it.

Run it as ``python -m packetwalk.lab.page.proving [PLUGIN MODE ...]``: what is proven is kept, mode by mode, beside the
matrix of proofs.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from packetwalk import proof
from packetwalk.cni import plugin as find_plugin
from packetwalk.errors import BadInput, LabError
from packetwalk.lab.page import guest
from packetwalk.lab.page.desk import lacking
from packetwalk.lab.page.job import Ask
from packetwalk.lab.proving.cases import Case, cases
from packetwalk.proof import compare

KEPT = Path(proof.__file__).with_name("page.json")


class PageOutcome(NamedTuple):
    """What came of one packet of a case, or of its tables (``tables``), or of all of it (``all``)."""

    plugin: str
    mode: str
    case: str
    what: str
    detail: str


def prove(plugin: str, mode: str) -> Iterator[PageOutcome]:
    """Yield what came of every case of a mode; ``detail`` is empty where kernel and model agree."""
    found = find_plugin(plugin)
    planned = [case for case in cases(found, found.mode(mode)) if not case.writer]
    with guest.Guest() as kernel:
        for case in planned:
            yield from _case(kernel, case)


def _case(kernel: guest.Guest, case: Case) -> Iterator[PageOutcome]:
    made = case.network()
    of = case.plugin, case.mode, case.name
    missing = lacking(made)
    try:
        if missing:
            raise LabError(missing)
        asks = [Ask(trial.scenario, trial.packet) for trial in case.trials]
        recorded = kernel.prove(made, asks, whole=True)
    except LabError as error:
        yield PageOutcome(*of, "all", str(error))
        return
    details: dict[str, str] = {}
    for what, detail in compare.compare(recorded, made):
        details.setdefault(what, detail)
    for what in (compare.TABLES, *(sent.name for sent in recorded.sent)):
        yield PageOutcome(*of, what, details.get(what, ""))


def keep(outcomes: list[PageOutcome]) -> None:
    """Put the outcomes of modes in the place of what was kept of them."""
    kept = [PageOutcome(*each) for each in json.loads(KEPT.read_text())] if KEPT.exists() else []
    new = {(each.plugin, each.mode) for each in outcomes}
    every = sorted([*(each for each in kept if (each.plugin, each.mode) not in new), *outcomes])
    KEPT.write_text("[\n" + ",\n".join(json.dumps(each) for each in every) + "\n]\n")


def main(words: list[str]) -> int:
    """Prove the modes that are named, PLUGIN MODE PLUGIN MODE ...; 1 where something differs, 2 with one line that says why not."""
    try:
        found = [each for one in zip(words[::2], words[1::2], strict=True) for each in _told(*one)]
    except (BadInput, LabError) as error:
        print(f"proving in the page: {error}", file=sys.stderr)
        return 2
    keep(found)
    return int(any(each.detail for each in found))


def _told(plugin: str, mode: str) -> Iterator[PageOutcome]:
    for each in prove(plugin, mode):
        print(f"{each.case} {each.what}: {each.detail or 'agrees'}", flush=True)
        yield each


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
