from __future__ import annotations

from pathlib import Path

import pytest

from tests.book.site import SITE


@pytest.fixture(scope="session")
def site() -> Path:
    """Return the folder of the built book."""
    if not (SITE / "index.html").is_file():
        pytest.fail("The book is not built: run `make build` first")
    return SITE
