"""Ctrl-C at any moment of a proof: one line, exit code 130, and no process left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from tests import ROOT
from tests.interrupted import HEARS
from tests.lab.left import of_session, staying
from tests.waiting import HANGS

PROVE = [*HEARS, sys.executable, "-m", "packetwalk", "prove"]


@pytest.mark.kernel
@pytest.mark.parametrize("processes", [2, 4], ids=lambda number: f"when {number} run")
@pytest.mark.parametrize(
    "words", [["flannel"], ["--random", "40", "flannel", "vxlan"]], ids=["proof", "random proof"]
)
def test_a_stopped_proof_leaves_one_line_and_nothing_else(words: list[str], processes: int) -> None:
    started = subprocess.Popen(
        [*PROVE, *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while len(of_session(started.pid)) < processes:
        assert started.poll() is None, started.communicate()
        time.sleep(0.01)
    os.killpg(started.pid, signal.SIGINT)
    out, err = started.communicate(timeout=HANGS)
    assert (started.returncode, out, err) == (130, "", "packetwalk: stopped; nothing was kept\n")
    assert staying(lambda: of_session(started.pid)) == []
