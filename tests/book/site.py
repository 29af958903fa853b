"""The built book, as its tests read it: its folder, its pages, its server."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from sphinx_external_toc.parsing import parse_toc_yaml

from tests import ROOT

SITE = ROOT / "_build" / "html"


def chapters() -> list[str]:
    """Return the address of every page in _toc.yml, as the site names it."""
    site_map = parse_toc_yaml(ROOT / "_toc.yml")
    return [f"{Path(name).with_suffix('')}.html" for name in site_map]


def pages() -> list[str]:
    """Return every page a reader can reach: the front page, the chapters, the search."""
    return ["index.html", *chapters(), "search.html"]


def notebooks() -> list[Path]:
    """Return every notebook of the book and the labs."""
    found = [path for folder in ("book", "labs") for path in (ROOT / folder).rglob("*.ipynb")]
    return sorted(path for path in found if ".ipynb_checkpoints" not in path.parts)


def server_module() -> ModuleType:
    """Load book/serve.py, which is a script and in no package."""
    spec = importlib.util.spec_from_file_location("serve", ROOT / "book" / "serve.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine and yield its address."""
    server = server_module().open_server(folder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
