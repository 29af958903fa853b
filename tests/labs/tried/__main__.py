"""Print the table of what was tried: ``python -m tests.labs.tried [GROUND [LAB ...]]``, on the model unless another is named."""

from __future__ import annotations

import sys
from collections import defaultdict

from tests.labs.tried.trying import FOLDER, LABS, tries
from tests.refresh_labs import ends_programs

KINDS = ("right", "wrong", "nothing", "much")


def main(ground: str = "model", *labs: str) -> int:
    """Print a row for each check, then each entry that was judged wrongly; return how many those are."""
    faults = []
    print("| Lab | Step | Right, taken | Wrong, refused | Nothing done, refused | Too much, refused |")
    print("|---|---|---|---|---|---|")
    for lab in labs or LABS:
        if ground in ("netns", "kind") and ends_programs(FOLDER / lab / "solution.ipynb"):
            print(f"| {lab} | not on {ground}: it ends programs of a node | | | | |")
            continue
        rows: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
        for each in tries(lab, ground):
            rows[each.step][each.kind].append(not each.fault)
            faults += [each] if each.fault else []
        for step, row in rows.items():
            cells = [f"{sum(row[kind])} of {len(row[kind])}" for kind in KINDS]
            print(f"| {lab} | {step} | {' | '.join(cells)} |", flush=True)
    for each in faults:
        print(f"\n{each.lab} {each.step}, {each.kind}, {each.fault}:\n{each.entry}\n{each.said}")
    return len(faults)


if __name__ == "__main__":
    sys.exit(1 if main(*sys.argv[1:]) else 0)
