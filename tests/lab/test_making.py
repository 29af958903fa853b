"""How a maker ends: done, unable and stopped, each with its code and one line."""

from __future__ import annotations

import pytest

from packetwalk.errors import LabError
from packetwalk.lab.making import told


def raising(error: BaseException | None) -> None:
    if error:
        raise error


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (None, 0, ""),
        (LabError("no compiler"), 2, "make kernel: no compiler"),
        (KeyboardInterrupt(), 130, "make kernel: stopped; what was whole is kept"),
    ],
)
def test_a_maker_ends_with_one_line(capsys: pytest.CaptureFixture[str], error: BaseException | None, code: int, line: str) -> None:
    assert told("kernel", lambda: raising(error)) == code
    assert capsys.readouterr().err.strip() == line
