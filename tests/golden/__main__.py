"""Write every golden walk as it is now as JSON, for the tests of the player: ``python3 -m tests.golden FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

from tests import golden
from tests.golden import contract


def main(folder: Path) -> None:
    """Fill a folder with the walks, one file each; what else of that kind is there goes."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [name for name, _ in golden.cases()]
    for path in folder.glob("*.json"):
        if path.stem not in names:
            path.unlink()
    for name in names:
        (folder / f"{name}.json").write_text(contract.dump(golden.walk(name)[1]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
