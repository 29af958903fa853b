"""A page that nobody has given anything, and one in which Python has started."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from packetwalk.why import Loaded, load, why
from packetwalk.widgets.tools.why import given
from tests.browser.conftest import PATIENCE, Open
from tests.browser.why.bench import Bench
from tests.why.example import FILE


@pytest.fixture(scope="session")
def loaded() -> Loaded:
    return load(given(FILE))


@pytest.fixture
def untouched(address: str, opened: Open) -> Bench:
    return Bench(opened().new_page(), address)


@pytest.fixture(scope="session")
def python(browser: Browser, address: str) -> Iterator[Bench]:
    """A page in which Python has started: what one test gives it, the next one replaces."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light", bypass_csp=True)
    context.set_default_timeout(PATIENCE)
    yield Bench(context.new_page(), address).example()
    context.close()


@pytest.fixture
def bench(python: Bench, loaded: Loaded) -> Iterator[Bench]:
    """It is alive after every test, and was quiet."""
    yield python
    python.tool.evaluate("tool => tool.removeAttribute('patience')")
    python.example()
    python.expect_answer(why(loaded, "a", "b"))
    assert python.noise == []
