"""A cluster of the real programs without root: the same programs, in a user namespace."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from packetwalk.lab.real.programs import FOLDER, home, path_of
from tests.lab.proving.test_ordinary_user import PYTHON, USER
from tests.lab.proving.test_ordinary_user import checkout as checkout

LAB = """
from packetwalk import lab
with lab.open("flannel", "vxlan", ground="real") as cluster:
    print(cluster.pod("a").ping("b").ok, cluster.pod("a").curl("web"), end=" ")
    print(cluster.node("kind-worker").run("kubectl get nodes -o name").count("node/"))
"""


@pytest.mark.kernel
@pytest.mark.real
@pytest.mark.skipif(PYTHON is None and "CI" not in os.environ, reason="needs python3 in /usr/bin")
def test_an_ordinary_user_has_the_same_cluster(checkout) -> None:
    as_user = [shutil.which("runuser") or "runuser", "-u", USER, "--"]
    if subprocess.run([*as_user, "test", "-x", path_of("flanneld")], check=False).returncode:
        pytest.skip(f"needs {home()} where every user can read it")
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        FOLDER: str(home()),
    }
    done = subprocess.run(
        [*as_user, PYTHON or "python3", "-c", LAB],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "True b 3\n", done.stdout + done.stderr
