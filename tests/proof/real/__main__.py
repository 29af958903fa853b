"""Print which tables of the real programs' recordings are the plans': ``python -m tests.proof.real``."""

from __future__ import annotations

from collections import Counter

from tests.proof.differences import TEXT
from tests.proof.real.compare import compare
from tests.proof.real.experiment import every
from tests.proof.real.known import REAL
from tests.proof.real.packets import KNOWN, LATER
from tests.proof.real.recording import SETUPS, RealRecording

HEAD = ("recording", "experiments", "tables", "equal", "known", "differ")


def table() -> str:
    """Return a line for each recording, then each reason, then what is compared later."""
    out = [_row(*HEAD)]
    for name in SETUPS:
        recording = RealRecording(name)
        tables = list(compare(recording))
        differ = [each for each in tables if each.differences]
        known = Counter(reason for each in tables for reason in each.known)
        part = sum(bool(each.known) for each in tables)
        row = name, len(recording.experiments), len(tables), len(tables) - len(differ), part, len(differ)
        out += [_row(*row), *(f"  {reason}: in {count} tables" for reason, count in sorted(known.items()))]
        out += [f"  {each.netns} {each.table}: {len(each.differences)} lines" for each in differ]
    out += ["", *(f"{name}: {' '.join(about['reason'].split())}" for name, about in REAL.items())]
    kept = Counter(each.recording for each in every() if each.id not in LATER)
    out += ["", *(f"frames compared: {name}, {n} experiments" for name, n in kept.items())]
    out += [f"  {name}: in {_many(about['experiments'])} experiments" for name, about in KNOWN.items()]
    out += [f"  later, {n}: {' '.join(why.split())}" for why, n in Counter(LATER.values()).items()]
    return "\n".join([*out, "", "later:", *(f"{name}: {' '.join(why.split())}" for name, why in TEXT["later"].items())])


def _many(experiments: list[str] | dict[str, int]) -> int:
    return sum(experiments.values()) if isinstance(experiments, dict) else len(experiments)


def _row(*cells: object) -> str:
    name, *rest = map(str, cells)
    return name.ljust(34) + "".join(cell.rjust(13) for cell in rest)


if __name__ == "__main__":
    print(table())
