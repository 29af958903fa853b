"""The proof without root, and without its programs: the same command, the same table, or one clear line."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from packetwalk.cli import main
from packetwalk.lab.kernel import rootless
from packetwalk.lab.proving.prove import prove
from tests import ROOT
from tests.waiting import HANGS

USER = "nobody"
PYTHON = shutil.which("python3", path="/usr/bin:/usr/local/bin")  # one that every user can run


MODES = [("flannel", "vxlan-directrouting"), ("calico", "bgp")]
Proofs = dict[tuple[str, str], subprocess.Popen[str]]


@pytest.fixture(scope="module")
def checkout() -> Iterator[Path]:
    """Yield a copy of the package that every user can read."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "packetwalk"
        shutil.copytree(ROOT / "packetwalk", target, ignore=shutil.ignore_patterns("__pycache__"))
        for path in (Path(folder), *target.rglob("*"), target):
            path.chmod(0o755 if path.is_dir() else 0o644)
        yield Path(folder)


@pytest.fixture(scope="module")
def proofs(checkout: Path) -> Iterator[Proofs]:
    """Yield all proofs, begun together: they mostly wait."""
    words = [shutil.which("runuser") or "runuser", "-u", USER, "--", PYTHON or "python3", "-m", "packetwalk", "prove"]
    with ExitStack() as stack:
        begun: Proofs = {}
        for each in MODES:
            begun[each] = subprocess.Popen(
                [*words, *each],
                cwd=checkout,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={
                    "PATH": "/usr/local/bin:/usr/bin:/bin",
                    "PYTHONDONTWRITEBYTECODE": "1",
                },  # without root's programs
            )
            stack.callback(begun[each].communicate)
            stack.callback(begun[each].kill)
        yield begun


@pytest.mark.kernel("ipset")
@pytest.mark.skipif(PYTHON is None and "CI" not in os.environ, reason="needs python3 in /usr/bin")
@pytest.mark.parametrize(("plugin", "mode"), MODES)
def test_an_ordinary_user_proves_the_same(proofs: Proofs, plugin: str, mode: str) -> None:
    run = proofs[plugin, mode]
    out, err = run.communicate(timeout=HANGS)
    assert run.returncode == 0, out + err
    assert out.startswith(f"{plugin}") and "in the running kernel" in out
    lacking = [line for line in out.splitlines() if "not here" in line]
    assert all("this user may not write what -m recent remembers" in line for line in lacking)
    assert all(line.startswith("packetwalk: no recordings at ") for line in err.splitlines()), err


def test_a_missing_program_is_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    verdicts = [
        (each.verdict, each.detail) for each in prove("flannel", "vxlan") if each.verdict == "not here"
    ]
    assert verdicts[0] == (
        "not here",
        "programs missing: ip, bridge, iptables-restore; sudo apt-get install iproute2 iptables",
    )
    monkeypatch.setattr(rootless, "search_path", lambda: str(tmp_path))
    for more in ([], ["--random", "1"]):
        assert main(["prove", "flannel", "vxlan", *more]) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert err.startswith("packetwalk: programs missing: ") and "apt-get install" in err


def test_without_the_right_to_make_namespaces_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    for name in ("unshare", "mount", "sh", "ip", "bridge", "iptables-restore"):
        (tmp_path / name).write_text(
            "#!/bin/sh\necho 'unshare: unshare failed: Operation not permitted' >&2\nexit 1\n"
        )
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(rootless, "search_path", lambda: str(tmp_path))
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["prove", "flannel", "vxlan"]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == (
        "",
        "packetwalk: unshare: unshare failed: Operation not permitted; needs root, or user namespaces for ordinary users\n",
    )
