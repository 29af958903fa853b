"""What a machine cannot do is one line, also in a notebook, and leaves nothing behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

from packetwalk import lab
from packetwalk.errors import BadInput, LabError
from packetwalk.lab.grounds import kind as kind_ground
from packetwalk.lab.kernel import abilities
from packetwalk.lab.kernel.live import Live


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any program and without Docker."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    for module in ("remote", "rootless"):
        monkeypatch.setattr(f"packetwalk.lab.kernel.{module}.search_path", lambda: str(tmp_path))
    monkeypatch.setattr(kind_ground, "SOCKET", str(tmp_path / "docker.sock"))
    return tmp_path


@pytest.mark.parametrize(
    ("ground", "line"),
    [
        ("netns", "ground netns: missing: program unshare, program mount, program ip, "),
        (
            "kind",
            "ground kind: missing: program docker, program kind, program kubectl, a running Docker engine",
        ),
    ],
)
def test_a_ground_that_is_asked_for_and_not_there(empty: Path, ground: str, line: str) -> None:
    with pytest.raises(LabError) as caught:
        lab.open("flannel", "vxlan", ground=ground)
    assert str(caught.value).startswith(line) and "\n" not in str(caught.value)
    assert not list(empty.iterdir())


def test_nobody_asked_so_the_model_does_it(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(lab.CHOICE, raising=False)
    with lab.open("flannel", "vxlan") as cluster:
        assert cluster.ground == "model" and cluster.pod("a").ping("b").ok


@pytest.mark.kernel
def test_a_kernel_without_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abilities, "in_kernel", lambda kind: kind in ("veth", "bridge"))
    monkeypatch.setattr(abilities.stand_ins, "player", lambda kind: None)
    with lab.open("calico", "wireguard", ground="model") as cluster:
        plan = [op for node in cluster.network.nodes for op in cluster.network.plan(node.name)]
    live = Live()
    with pytest.raises(LabError, match=r"^not in this kernel: no \w+ device$"):
        live.build(plan)
    with pytest.raises(LabError, match="closed"):
        _ = live.lab


def test_a_stand_in_that_this_user_may_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abilities, "in_kernel", lambda kind: kind in ("veth", "bridge"))
    monkeypatch.setattr(abilities.os, "access", lambda path, mode: path != "/dev/net/tun")
    with lab.open("calico", "ipip", ground="model") as cluster:
        plan = [op for node in cluster.network.nodes for op in cluster.network.plan(node.name)]
    said = abilities.lacking(plan)
    assert said == "no ipip device, and this user may not open /dev/net/tun to play one"


def test_in_a_notebook_it_is_one_line_too(tmp_path: Path) -> None:
    cells = [
        new_code_cell(source)
        for source in (
            "from packetwalk import lab\ncluster = lab.open('flannel', 'vxlan', ground='model')",
            "cluster.node('moon')",
            "cluster.record('/proc/nowhere/one')",
            "cluster.close(); cluster.pod('a').ping('b')",
        )
    ]
    client = NotebookClient(new_notebook(cells=cells), kernel_name="python3", allow_errors=True)
    try:
        client.execute(cwd=str(tmp_path))
    except CellExecutionError as error:
        pytest.fail(str(error))
    shown = [output["traceback"] for cell in cells for output in cell.outputs]
    assert [len(lines) for lines in shown] == [1, 1, 1]
    assert shown[0][0].startswith("BadInput: node: 'moon' is not valid; valid: kind-control-plane")
    assert shown[1][0].startswith("LabError: recording, /proc/nowhere/one: ")
    assert "closed" in shown[2][0]
    assert not os.listdir(tmp_path)


def test_a_name_that_does_not_exist() -> None:
    for wrong in (("flannl", "vxlan"), ("flannel", "vxlam")):
        with pytest.raises(BadInput, match="valid: ") as caught:
            lab.open(*wrong, ground="model")
        assert "\n" not in str(caught.value)
