"""Words that lead to a step lead to one that the walk of their page has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.book.site import chapters, walks_of

LINK = re.compile(r"#walk=(?P<walk>.+)/(?P<step>\d+)&el=(?P<player>\d+)(&header=(?P<header>[\w-]+))?$")
PAGES = [name for name in chapters() if not name.startswith("labs/")]


@pytest.mark.parametrize("name", PAGES)
def test_words_lead_to_steps_that_are_there(site: Path, name: str) -> None:
    page = BeautifulSoup((site / name).read_text(), "html.parser")
    walks = walks_of(page)
    for word in page.select("a.step"):
        found = LINK.match(str(word["href"]))
        assert found, word["href"]
        walk = walks[int(found["player"]) - 1]
        steps = sorted((s for trace in walk["traces"] for s in trace["steps"]), key=lambda s: s["seq"])
        assert found["walk"].startswith(f"{walk['plugin']}/{walk['mode']}/{walk['scenario']}/")
        step = steps[int(found["step"])]
        assert (
            not found["header"]
            or {"ip", "inner-ip"} & {found["header"]}
            or found["header"] in {header["proto"] for header in step["after"]}
        )


def test_the_first_page_has_six_stops(site: Path) -> None:
    page = BeautifulSoup((site / "book/intro.html").read_text(), "html.parser")
    assert len(page.select("ol > li a.step:not(.layer)")) == 6


SPEAKS = (
    "intro",
    "flannel/index",
    "flannel/vxlan",
    "flannel/host-gw",
    "flannel/services-and-nat",
    "flannel/mtu",
)
SPEAKS += ("calico/overlay", "calico/non-overlay", "calico/wireguard", "weave/how-it-works")
SPEAKS += (
    "weave/fastdp-and-sleeve",
    "weave/encryption",
    "linux/index",
    "linux/tables",
    "linux/vxlan-and-netfilter",
)


@pytest.mark.parametrize("name", SPEAKS)
def test_the_text_of_a_main_page_speaks_of_its_walks(site: Path, name: str) -> None:
    page = BeautifulSoup((site / "book" / f"{name}.html").read_text(), "html.parser")
    assert len({word["href"] for word in page.select("a.step")}) >= 3
