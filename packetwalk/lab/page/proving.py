"""Every case of ``prove`` in the page's kernel, in Node: ``make proof-page``.

``python -m packetwalk.lab.page.proving [PLUGIN/MODE ...]`` does the modes that are named, or all that the guest can
carry, and keeps what came of each mode beside the matrix of proofs.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

from packetwalk.cni import plugin as find_plugin
from packetwalk.cni import plugins
from packetwalk.errors import BadInput, LabError
from packetwalk.lab.page import guest
from packetwalk.lab.page.answer import GROUND
from packetwalk.lab.page.desk import lacking
from packetwalk.lab.page.job import Ask
from packetwalk.lab.proving.cases import Case, cases
from packetwalk.proof import compare
from packetwalk.proof import results as proof
from packetwalk.proof.results import Result


def planned(plugin: str, mode: str) -> list[Case]:
    """Return the cases of a mode that no other program has a part in; BadInput for names that do not exist."""
    found = find_plugin(plugin)
    return [case for case in cases(found, found.mode(mode)) if not case.writer]


def carried() -> list[tuple[str, str]]:
    """Return the modes of which the guest has all that their plans need."""
    every = [(name, each.name) for name, found in plugins().items() for each in found.modes]
    return [of for of in every if not lacking(planned(*of)[0].network())]


def prove(every: Sequence[Case]) -> Iterator[Result]:
    """Yield what came of every case, in their order; each processor has a guest of its own."""
    many = min(os.cpu_count() or 1, len(every))
    waiting: SimpleQueue[guest.Guest] = SimpleQueue()
    for _ in range(many):
        waiting.put(guest.Guest())
    try:
        with ThreadPoolExecutor(many) as pool:
            for results in pool.map(lambda case: _of_case(waiting, case), every):
                yield from results
    finally:
        while not waiting.empty():
            waiting.get().end()


def _of_case(waiting: SimpleQueue[guest.Guest], case: Case) -> list[Result]:
    """Do a case; once more, in a new guest, if it differs: a machine that is too busy lets timers run out."""
    kernel = waiting.get()
    results = _once(kernel, case)
    first = {each.what: each.detail for each in results if each.verdict == "differs"}
    if first:
        kernel.end()
        kernel = guest.Guest()
        results = [
            each._replace(once=first.get(each.what, "")) if each.verdict == "proven" else each
            for each in _once(kernel, case)
        ]
    waiting.put(kernel)
    return results


def _once(kernel: guest.Guest, case: Case) -> list[Result]:
    """Build a cluster, or of a broken one what its packets see, as a page does; compare what came of it."""
    made = case.network()

    def result(what: str, verdict: str, detail: str = "", where: str = GROUND) -> Result:
        return Result(case.plugin, case.mode, case.fault, what, where, verdict, detail)

    missing = lacking(made)
    if missing:
        return [result("all", "not here", missing, "")]
    try:
        recorded = kernel.prove(made, [Ask(*each) for each in case.sent()], whole=case.fault is None)
    except LabError as error:
        return [result("all", "differs", str(error))]
    details: dict[str, str] = {}
    for what, detail in compare.compare(recorded, made):
        details.setdefault(what, detail)
    return [
        result(what, "differs" if what in details else "proven", details.get(what, ""))
        for what in (compare.TABLES, *(sent.name for sent in recorded.sent))
    ]


def keep(modes: Sequence[tuple[str, str]], results: Sequence[Result]) -> None:
    """Put the results of modes in the place of what was kept of them."""
    others = [each for each in proof.page() if (each.plugin, each.mode) not in modes]
    every = sorted([*others, *results], key=lambda each: each[:2])
    lines = ",\n ".join(json.dumps(each[:7]) for each in every)
    proof.PAGE.write_text(f'{{"kernel": {json.dumps(guest.kernel())}, "results": [\n {lines}\n]}}\n')


def main(words: Sequence[str]) -> int:
    """Prove the modes that are named PLUGIN/MODE; 1 where something differs, 2 with one line that says why not."""
    bad = False
    try:
        for plugin, mode in [tuple(each.split("/", 1)) for each in words] or carried():
            results = list(prove(planned(plugin, mode)))
            print(proof.table(results), flush=True)
            keep([(plugin, mode)], results)
            bad |= any(each.verdict == "differs" for each in results)
    except (BadInput, LabError) as error:
        print(f"proving in the page: {error}", file=sys.stderr)
        return 2
    return int(bad)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
