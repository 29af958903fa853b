"""Places for labs that are killed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.apart import Apart


@pytest.fixture
def apart() -> Iterator[Apart]:
    made = Apart()
    yield made
    made.close()
