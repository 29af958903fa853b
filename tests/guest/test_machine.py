"""The guest itself, without help of the processor: it boots, answers, and nothing of it is left."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from packetwalk.errors import LabError
from packetwalk.lab import guest
from packetwalk.lab.guest import kernel
from tests import ROOT
from tests.interrupted import HEARS
from tests.lab.left import running

LIMIT = 120.0


def test_it_runs_a_program_and_returns_what_that_returned(tmp_path: Path) -> None:
    told = "uname -r; touch /share/left /usr/written && ls /usr/written; exit 7"
    assert guest.run(["sh", "-c", told], tmp_path, limit=LIMIT, accel="tcg") == 7
    assert (tmp_path / "output").read_text().split() == [kernel.get().release, "/usr/written"]
    assert (tmp_path / "left").exists()
    assert not Path("/usr/written").exists(), "the guest wrote to this machine"


def test_it_has_what_the_running_kernel_may_lack(tmp_path: Path) -> None:
    told = (
        "from packetwalk.lab.kernel.abilities import in_kernel; "
        "print([in_kernel(each) for each in ('ipip', 'wireguard', 'openvswitch', 'esp')])"
    )
    assert guest.run([sys.executable, "-c", told], tmp_path, limit=LIMIT, accel="tcg") == 0
    assert (tmp_path / "output").read_text() == "[True, True, True, True]\n"


def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"^guest: not done after 3 s; its console: "):
        guest.run(["sleep", "60"], tmp_path, limit=3, accel="tcg")


def test_a_guest_that_panics_says_why(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"^guest: no answer; its console: .*sysrq triggered crash"):
        guest.run(["sh", "-c", "echo c > /proc/sysrq-trigger"], tmp_path, limit=LIMIT, accel="tcg")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_it_ends_with_its_parent(tmp_path: Path, how: signal.Signals) -> None:
    script = (
        "from pathlib import Path; from packetwalk.lab import guest; "
        f"guest.run(['sleep', '600'], Path({str(tmp_path)!r}), limit=600, accel='tcg')"
    )
    parent = subprocess.Popen([*HEARS, sys.executable, "-c", script], cwd=ROOT, stderr=subprocess.DEVNULL)
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
    end = time.monotonic() + 20
    while not (machines := [int(word) for word in children.read_text().split()]):
        assert time.monotonic() < end and parent.poll() is None
        time.sleep(0.05)
    parent.send_signal(how)
    parent.wait()
    time.sleep(1)
    assert not running(machines)
