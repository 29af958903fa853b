"""Ship the kernel of *Prove it here*, where `make kernel` has made one, and tell every player where it is.

Without it no player has the button.  Nothing of it is on a page: it is fetched when a reader asks.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

from playground import FOLDER as PLAYGROUND
from playground import PYODIDE
from playground import version as python_version
from sphinx.application import Sphinx
from walks import RECORDED, SCRIPTS, TAG

from packetwalk.lab.page import guest

V86 = PYODIDE.with_name("v86") / "build"
FOLDER = "kernel"
EMULATOR = ("libv86.mjs", "v86.wasm")
XTERM = PYODIDE.with_name("@xterm") / "xterm"
TERMINAL = ("lib/xterm.mjs", "css/xterm.css")
OWN = ("prove.js", "guest.js")


def there() -> bool:
    """Say whether there is all that the button needs: a kernel, its emulator, a terminal, and Python to compare."""
    return guest.made() and all(each.is_dir() for each in (V86, XTERM, PYODIDE))


@cache
def version() -> str:
    """Return a name for all that is in the folder."""
    parts = [guest.home() / name for name in (guest.STATE, guest.SOURCES)]
    parts += [SCRIPTS / name for name in OWN] + [each / "package.json" for each in (V86.parent, XTERM)]
    found = b"".join(hashlib.sha256(path.read_bytes()).digest() for path in parts) + python_version().encode()
    return hashlib.sha256(found).hexdigest()[:10]


def mark_page(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    body = context.get("body") or ""
    if not there() or not TAG.search(body):
        return
    folder = f"{'../' * pagename.count('/')}_static/{FOLDER}/{version()}/"

    def marked(found: Any) -> str:
        return found[0] if RECORDED.search(found[1]) else f'<packet-walk data-kernel="{folder}"{found[1]}>'

    context["body"] = TAG.sub(marked, body)


def ship(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.name != "html":
        return
    static = Path(app.outdir) / "_static"
    shutil.rmtree(static / FOLDER, ignore_errors=True)
    if not there():
        return
    folder = static / FOLDER / version()
    folder.mkdir(parents=True)
    fill(folder)


def fill(folder: Path) -> None:
    """Write all of it into a folder."""
    for name in EMULATOR:
        shutil.copy(V86 / name, folder)
    for name in TERMINAL:
        shutil.copy(XTERM / name, folder)
    for name in OWN:
        shutil.copy(SCRIPTS / name, folder)
    for name in (guest.BIOS, guest.STATE):
        shutil.copy(guest.home() / name, folder)
    shutil.copy(guest.home() / guest.SOURCES, folder / f"{guest.SOURCES}.txt")
    about = {
        "kernel": guest.kernel(),
        "state": guest.STATE,
        "bytes": (guest.home() / guest.STATE).stat().st_size,
        "python": f"../../{PLAYGROUND}/{python_version()}/",
    }
    (folder / "guest.json").write_text(json.dumps(about))


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", mark_page, priority=970)
    app.connect("build-finished", ship, priority=810)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
