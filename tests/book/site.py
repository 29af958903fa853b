"""The built book, as its tests read it: its folder, its pages, its server."""

from __future__ import annotations

import importlib.util
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from bs4 import BeautifulSoup
from sphinx_external_toc.parsing import parse_toc_yaml

from packetwalk.widgets.pack import unpack
from tests import ROOT

SITE = ROOT / "_build" / "html"


def chapters() -> list[str]:
    """Return the address of every page in _toc.yml, as the site names it."""
    site_map = parse_toc_yaml(ROOT / "_toc.yml")
    return [f"{Path(name).with_suffix('')}.html" for name in site_map]


def pages() -> list[str]:
    """Return every page a reader can reach: the front page, the chapters, the search."""
    return ["index.html", *chapters(), "search.html"]


def walks_of(page: BeautifulSoup) -> list[dict]:
    """Return the walk of each player of a page, in its order."""
    common = page.select_one("script.walks")
    shared = json.loads(common.string) if common else None
    carried = [json.loads(player.select_one("script.walk").string) for player in page.select("packet-walk")]
    read = [unpack(data, shared if "shared" in data else None) for data in carried]
    return [next(iter(each["walks"].values())) for each in read]


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
