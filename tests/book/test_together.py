"""Walks of one page are packed together: each is what its notebook holds, and the page is lighter for it."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from packetwalk.widgets.pack import unpack
from tests import ROOT
from tests.book.site import walks_of

ALONE = re.compile(r'<script type="application/json" class="walk">(.*?)</script>', re.S)


@pytest.mark.parametrize("name", ["flannel/vxlan", "weave/how-it-works", "symptoms", "comparison"])
def test_every_walk_is_what_its_notebook_holds(site: Path, name: str) -> None:
    text = (site / "book" / f"{name}.html").read_text()
    cells = json.loads((ROOT / "book" / f"{name}.ipynb").read_text())["cells"]
    html = "".join(
        "".join(o.get("data", {}).get("text/html", "")) for c in cells for o in c.get("outputs", ())
    )
    alone = [each for each in ALONE.findall(html) if "stories" not in unpack(json.loads(each))]
    assert walks_of(BeautifulSoup(text, "html.parser")) == [
        next(iter(unpack(json.loads(data))["walks"].values())) for data in alone
    ]
    if len(alone) > 1:
        apart = "".join(alone)
        packed = "".join(
            re.findall(r'<script type="application/json" class="walks?">(.*?)</script>', text, re.S)
        )
        assert len(gzip.compress(packed.encode())) < 0.8 * len(gzip.compress(apart.encode()))
