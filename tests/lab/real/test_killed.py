"""kill -9 at any moment of a cluster of real programs: no process, namespace, mount, device or file is left.

``python -m tests.lab.real.test_killed 50`` does it so often, at moments that it draws.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import pytest

from tests import ROOT
from tests.lab import left
from tests.lab.apart import Apart
from tests.waiting import until

LAB = """
import time
from packetwalk import lab
print("start", flush=True)
cluster = lab.open("flannel", "vxlan", ground="real")
while True:
    cluster.pod("a").curl("web")
    cluster.node("kind-worker").run("kubectl label pod b colour=red --overwrite")
    cluster.capture("a", "b")
    cluster.fault("missing-fdb")
    cluster.mend()
    cluster.use("host-gw")
    cluster.close()
    cluster = lab.open("flannel", "vxlan", ground="real")
"""
LONGEST = 30.0  # seconds until it is killed: on a free machine that is once through all of it
MOMENTS = (0.4, 2.5, 4.5)


def mounts() -> list[str]:
    """Return what is mounted, as this process sees it."""
    return [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]


def killed_after(apart: Apart, seconds: float) -> int:
    """Start a lab, kill it, and return how many processes it had then; AssertionError when anything is left."""
    mark, before = uuid.uuid4().hex, mounts()
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, left.MARK: mark, "TMPDIR": folder, "HOME": folder, "PYTHONPATH": str(ROOT)}
        child = subprocess.Popen(
            [*apart.inside, sys.executable, "-B", "-c", LAB],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert child.stdout is not None
        assert child.stdout.readline().strip() == "start"
        time.sleep(seconds)
        own = left.namespaces([Path("/proc/self"), Path(f"/proc/{apart.pid}")])
        processes = left.marked(mark)
        held = left.namespaces(processes) - own
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert until(lambda: not left.marked(mark)), [left.name(each) for each in left.marked(mark)]
        assert until(lambda: not left.namespaces() & held)
        assert apart.left() == []
        assert list(Path(folder).iterdir()) == []
    assert mounts() == before
    return len(processes)


@pytest.mark.kernel
@pytest.mark.real
@pytest.mark.parametrize("after", MOMENTS)
def test_killed_at_any_moment_it_leaves_nothing(apart: Apart, after: float) -> None:
    assert killed_after(apart, after)


if __name__ == "__main__":
    drawn = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else None)
    place = Apart()
    for number in range(int(sys.argv[1])):
        moment = drawn.uniform(0, LONGEST)
        count = killed_after(place, moment)
        print(f"{number + 1}: killed after {moment:.1f} s with {count} processes; nothing is left", flush=True)
    place.close()
