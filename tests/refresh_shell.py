"""Type the usual commands in real namespaces and write what came: ``python -m tests.refresh_shell [CLUSTER ...]``.

A cluster is a file of ``tests/shell/usual``, ``PLUGIN-MODE.txt``. What varies by nature is written as it is compared
(``tests.shell.masks``). Needs what the ground ``netns`` needs.
"""

from __future__ import annotations

import sys

from tests.shell import transcript
from tests.shell.usual import typed

if __name__ == "__main__":
    for path in sorted(transcript.HERE.glob("*.txt")):
        if sys.argv[1:] and path.stem not in sys.argv[1:]:
            continue
        said = typed(path, "netns")
        if said != transcript.read(path):
            path.write_text(transcript.text(said))
            print(f"changed: {path.relative_to(transcript.HERE.parent)}")
