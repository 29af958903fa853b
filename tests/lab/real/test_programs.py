"""What make real builds: pinned once, found by its version, and told in a line where it is missing."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from packetwalk.lab import doctor
from packetwalk.lab.real import build, programs
from packetwalk.lab.real.programs import sources, unbuilt

BY_NAME = {each.name: each for each in sources()}


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any program, and nothing built."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv(programs.FOLDER, str(tmp_path / "real"))
    monkeypatch.setattr(programs, "search_path", lambda: str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return tmp_path


def program(path: Path, says: str) -> None:
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)


def test_every_pinned_module_has_its_checksum() -> None:
    for source in sources():
        sums = (source.folder / "go.sum").read_text()
        assert f"{source.module} {source.version} h1:" in sums
        pinned = (source.folder / "go.mod").read_text()
        for package in source.programs.values():
            assert f"{source.module}/{package}".removesuffix("/.") in pinned


def test_the_siblings_of_kubernetes_are_of_its_release() -> None:
    pinned = (BY_NAME["kubernetes"].folder / "go.mod").read_text()
    of = set(re.findall(r"=> k8s\.io/\S+ (v\S+)", pinned))
    assert of == {BY_NAME["kubernetes"].version.replace("v1.", "v0.")}


def test_without_anything_the_doctor_says_what_to_do(bare: Path) -> None:
    found = next(each for each in doctor.examine() if each.ground == "real")
    assert found.missing[:3] == ("what make real builds", "Go, for make real", "program etcd")
    assert "etcd-server" in found.install[0]
    assert len(unbuilt()) == 8 and "kube-proxy v1.36.3" in unbuilt()


def test_make_real_without_go_is_one_line(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main() == 2
    err = capsys.readouterr().err
    assert err == "make real: flannel v0.28.9 is built with Go 1.26.0 or newer: https://go.dev/dl\n"
    assert not list(bare.glob("real/*"))


def test_a_go_that_is_too_old_is_named(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program(bare / "bin" / "go", "go1.19.8")
    assert build.main() == 2
    assert "needs Go 1.26.0 or newer" in capsys.readouterr().err


def test_a_program_of_the_right_version_on_the_path_is_taken(
    bare: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    version = BY_NAME["plugins"].version
    for name in BY_NAME["plugins"].programs:
        program(bare / "bin" / name, f"CNI {name} plugin {version}")
    program(bare / "bin" / "kube-apiserver", f"Kubernetes {BY_NAME['kubernetes'].version}")
    program(bare / "bin" / "kube-proxy", "Kubernetes v1.35.0")
    assert build.main() == 2
    left = [each.partition(" ")[0] for each in unbuilt()]
    assert left == ["flanneld", "kube-proxy", "kubectl"]
    assert Path(programs.path_of("bridge")).resolve() == (bare / "bin" / "bridge").resolve()
    assert "kube-apiserver v1.36.3: taken" in capsys.readouterr().out


def test_nothing_half_built_stays(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A Go that lists, and then fails."""
    go = bare / "bin" / "go"
    go.write_text(
        '#!/bin/sh\ncase $1 in env) echo go9.9.9;; list) echo one;; *) echo "no such module" >&2; exit 1;; esac\n'
    )
    program(bare / "bin" / "gcc", "")
    go.chmod(go.stat().st_mode | stat.S_IXUSR)
    assert build.main() == 2
    assert capsys.readouterr().err == "make real: go build of flanneld v0.28.9: no such module\n"
    assert not [each for each in (bare / "real").rglob("*") if each.is_file()]
