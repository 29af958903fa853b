"""Build the book strictly into a folder: `python book/build.py [OPTION of jupyter-book build ...]`.

It is `jupyter-book build`, less two things that take a third of its time and change nothing: the grammar of
addresses that jsonschema compiles when it is imported, for a format that nothing here has; and the search for
circles among documents that are all kept to the end.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path

STRICT = ("--all", "-W", "-n", "--keep-going", "--quiet")


def main() -> None:
    gc.disable()
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]  # not there, says who imports it
    from jupyter_book.cli.main import main as jupyter_book

    jupyter_book(["build", *STRICT, *sys.argv[1:], str(Path(__file__).parents[1])])


if __name__ == "__main__":
    main()
