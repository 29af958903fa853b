"""What the tests of a ground need: without it they are skipped with the reason, in CI they fail."""

from __future__ import annotations

import os

import pytest

from packetwalk.lab.grounds import grounds

_missing = list(grounds()["netns"].missing())
if os.geteuid() != 0:
    _missing.append("root")
needs_netns = pytest.mark.skipif(
    bool(_missing) and "CI" not in os.environ, reason=f"needs {', '.join(_missing)}"
)
