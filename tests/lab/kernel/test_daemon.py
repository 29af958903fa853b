"""A program beside a lab: it ends with it, sees a /run of its own, and tells what is wrong in one line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from packetwalk.errors import LabError
from packetwalk.lab.kernel.daemon import Daemon
from packetwalk.lab.kernel.namespaces import Namespace
from tests.lab.left import running
from tests.waiting import until

pytestmark = pytest.mark.kernel


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    made = Namespace("place")
    yield made
    made.close()


def test_it_runs_inside_and_reads_its_input(namespace: Namespace) -> None:
    daemon = Daemon(namespace, ["sh", "-c", "cat /dev/stdin > /run/copy; exec sleep 60"], "a line\n")
    try:
        assert until(lambda: namespace.run(["cat", "/run/copy"], check=False) == "a line\n")
        assert not Path("/run/copy").exists()
        inside = namespace.run(["readlink", "/proc/self/ns/net"]).strip()
        assert os.readlink(f"/proc/{daemon.pid}/ns/net") == inside
        daemon.check()
    finally:
        daemon.close()
    assert running([daemon.pid]) == []


def test_what_ended_says_its_last_words(namespace: Namespace) -> None:
    daemon = Daemon(namespace, ["sh", "-c", "echo first; echo no such thing; exit 3"])
    with pytest.raises(LabError, match=r"^place: sh: no such thing$"):
        until(daemon.check)
    daemon.close()


def test_a_program_that_is_missing_is_one_line(namespace: Namespace) -> None:
    with pytest.raises(LabError, match=r"^place: nothing-like-it: .*No such file"):
        Daemon(namespace, ["nothing-like-it"])
