"""Prove in a guest what kernels may lack, and keep it: ``python -m tests.refresh_guest [PLUGIN/MODE...]``.

Writes the results to ``packetwalk/proof/guest.json`` and recordings with a few packets, from which
``make proof`` makes the matrix.  Takes half an hour where the processor does not help.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from packetwalk.capture import recording
from packetwalk.lab.guest import proving
from packetwalk.proof import results as proof
from tests.refresh_proof import RECORDINGS, is_kept, small


def main() -> int:
    """Return 1 on any difference, and then change nothing."""
    modes = [tuple(each.split("/")) for each in sys.argv[1:]] or proving.wanted()
    with tempfile.TemporaryDirectory() as share:
        results = proving.prove(modes, Path(share))
        print(proof.table(results))
        if any(each.verdict == "differs" for each in results):
            return 1
        keep(modes, results, Path(share))
    return 0


def keep(modes: list[proving.Mode], results: list[proof.Result], share: Path) -> None:
    """Put the results and recordings of modes in the place of the old ones."""
    others = [each for each in proof.guest() if (each.plugin, each.mode) not in modes]
    lines = ",\n ".join(json.dumps(each[:7]) for each in sorted([*others, *results], key=lambda r: r[:2]))
    proof.GUEST.write_text(f"[\n {lines}\n]\n")
    for name, made in proving.recordings(modes, share):
        if is_kept(name, made):
            shutil.rmtree(RECORDINGS / name, ignore_errors=True)
            recording.write(small(made), RECORDINGS / name)


if __name__ == "__main__":
    sys.exit(main())
