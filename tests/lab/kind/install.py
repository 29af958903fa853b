"""Put kind and kubectl, as pinned, into a folder: ``python -m tests.lab.kind.install FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

from packetwalk.lab.kind import pins


def main(folder: Path) -> int:
    """Fetch, check and install both programs."""
    for name, file in pins.programs().items():
        target = folder / name
        pins.put(target, pins.fetch(file))
        target.chmod(0o755)
        print(f"{target}: {file.url}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
