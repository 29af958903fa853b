"""Build the book strictly into `_build/html`: `python book/build.py [OPTION of jupyter-book build ...]`.

It is `jupyter-book build`, less two things that take a third of its time and change nothing: the grammar of
addresses that jsonschema compiles when it is imported, for a format that nothing here has; and the search for
circles among documents that are all kept to the end. The site is made beside the one that is there and takes its
place when it is whole: who reads meanwhile misses no page, and a build that fails leaves the old one.
"""

from __future__ import annotations

import ctypes
import gc
import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SITE, BESIDE = ROOT / "_build" / "html", ROOT / "_build" / ".beside"
STRICT = ("--all", "-W", "-n", "--keep-going", "--quiet")
KEPT = ("print", "pdf")
"""What a build asks of the one before: PDFs stay while the sheets that they print are the same (_ext/sheets.py)."""
HERE, EXCHANGE = -100, 2
"""AT_FDCWD and RENAME_EXCHANGE of renameat2(2)."""


def swap(new: Path, old: Path) -> None:
    """Put a folder in the place of another, and delete that; at no moment is there none, where the kernel can do it."""
    if old.is_dir():
        gone = new.with_name("gone")
        shutil.rmtree(gone, ignore_errors=True)
        if not _exchange(new, old):
            old.rename(gone)
            new.rename(old)
        shutil.rmtree(gone if gone.is_dir() else new)
    else:
        old.parent.mkdir(parents=True, exist_ok=True)
        new.rename(old)


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change places at once; False where that cannot be."""
    try:
        call = ctypes.CDLL(None).renameat2
    except (AttributeError, OSError):
        return False
    return bool(call(HERE, os.fsencode(one), HERE, os.fsencode(other), EXCHANGE) == 0)


def main() -> None:
    gc.disable()
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]  # not there, says who imports it
    import click
    from jupyter_book.cli.main import main as jupyter_book

    click.echo = lambda *_, **__: None  # it tells where it builds, which is beside
    made = BESIDE / "_build" / "html"
    shutil.rmtree(made, ignore_errors=True)
    for name in KEPT:
        if (SITE / name).is_dir():
            shutil.copytree(SITE / name, made / name)
    try:
        jupyter_book(["build", *STRICT, f"--path-output={BESIDE}", *sys.argv[1:], str(ROOT)])
    except SystemExit as done:
        if done.code:
            raise
    swap(made, SITE)


if __name__ == "__main__":
    main()
