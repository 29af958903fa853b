"""A page that nobody has edited yet, and one in which Python has started."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import PATIENCE, Open
from tests.browser.playground.desk import FIRST, OR, Desk

LOAD = """(tool, name) => { tool.removeAttribute("patience");
    tool.load(tool.recipes.find((each) => each.name === name), {plugin: "calico"}); }"""


@pytest.fixture
def untouched(address: str, opened: Open) -> Desk:
    return Desk(opened().new_page(), address)


@pytest.fixture(scope="session")
def python(browser: Browser, address: str) -> Iterator[Desk]:
    """A page in which Python has started: what one test writes, the next one overwrites."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light", bypass_csp=True)
    context.set_default_timeout(PATIENCE)
    yield Desk(context.new_page(), address).edit()
    context.close()


@pytest.fixture
def desk(python: Desk) -> Iterator[Desk]:
    """It is alive after every test, and was quiet."""
    python.tool.evaluate(LOAD, FIRST.name)
    yield python
    python.tool.evaluate(LOAD, FIRST.name)
    python.write(OR)
    python.expect_matrix(OR)
    assert python.noise == []
