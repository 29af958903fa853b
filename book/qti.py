"""Write all questions of the book as a package of QTI 2.1: ``python book/qti.py [FILE]`` (``make qti``).

An item is one question with what proves its answer; pages and labs come in the order of the contents.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "book" / "_ext")]

from sphinx_external_toc.parsing import parse_toc_yaml  # noqa: E402
from teaching import counted  # noqa: E402

from packetwalk.widgets.questions.qti import QtiItem, files  # noqa: E402

USUAL = ROOT / "_build" / "packet-walk-qti.zip"


def items() -> Iterator[QtiItem]:
    """Yield the questions of all pages, each with a name made of its page's and its number there."""
    pages = [str(Path(name).with_suffix("")) for name in parse_toc_yaml(ROOT / "_toc.yml")]
    for page in pages:
        if page.endswith("/solution") or not (ROOT / f"{page}.ipynb").is_file():
            continue
        told = counted(page)
        name = "q-" + page.removeprefix("book/").replace("/", "-")
        for number, part in enumerate((part for box in told.asked for part in box), 1):
            yield QtiItem(f"{name}-{number}", f"{told.title}, question {number}", part)


def write(path: Path) -> int:
    """Write the package, whole or not at all; return how many questions it has."""
    every = [*items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".packetwalk-", dir=path.parent) as beside:
        made = Path(beside) / path.name
        with ZipFile(made, "w", ZIP_DEFLATED) as packed:
            for name, content in files(every).items():
                packed.writestr(ZipInfo(name), content, ZIP_DEFLATED)
        made.replace(path)
    return len(every)


def main() -> int:
    """Write the package; 2 where it cannot be written."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else USUAL
    try:
        count = write(path)
    except OSError as error:
        sys.stderr.write(f"qti: {error.filename or path}: {error.strerror}\n")
        return 2
    print(f"{path}: {count} questions")
    return 0


if __name__ == "__main__":
    sys.exit(main())
