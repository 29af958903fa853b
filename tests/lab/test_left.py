"""What looks for a lab's remains sees a machine on which processes come and go."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

from tests.lab import left


def test_a_process_that_goes_while_it_is_looked_at_holds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def went(path: object = ".") -> NoReturn:
        raise FileNotFoundError(2, "No such file or directory", path)

    for look in ("listdir", "scandir"):
        monkeypatch.setattr(os, look, went)
    assert left.namespaces([Path("/proc/self")]) == {os.readlink("/proc/self/ns/net")}


def test_a_namespace_is_found_where_it_is_and_where_it_is_held_open() -> None:
    own = os.readlink("/proc/self/ns/net")
    with open("/proc/self/ns/net"):
        assert left.namespaces([Path("/proc/self")]) == {own}
    assert own in left.namespaces()


def test_a_process_that_is_gone_has_no_name(tmp_path: Path) -> None:
    assert left.name(Path("/proc/self")) == (Path("/proc/self/comm").read_text().strip())
    assert left.name(tmp_path / "1") == ""
