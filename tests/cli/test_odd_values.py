"""Values that are nearly right: taken as what a person meant, or refused in one line, never taken for another."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import packetwalk
from packetwalk.cli import main
from packetwalk.errors import BadInput
from packetwalk.plan.cluster import Cluster
from packetwalk.walks.network import Network
from tests import ROOT

WALK = ["walk", "flannel", "vxlan"]
SOME = ["--src", "a", "--dst"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([*WALK, "--fault", ""], ["fault of flannel: ''", "missing-fdb"]),
        ([*WALK, *SOME, "1.2.3.4:"], ["port in 1.2.3.4:", "1 to 65535"]),
        ([*WALK, *SOME, "b:٨٠"], ["port in b:٨٠", "1 to 65535"]),
        ([*WALK, *SOME, "b:8_0"], ["port in b:8_0", "1 to 65535"]),
        ([*WALK, *SOME, "b:80", "--proto", "icmp"], ["port in b:80 for icmp", "none, proto tcp, proto udp"]),
        ([*WALK, "--src", "a:99", "--dst", "b"], ["port in a:99 for icmp"]),
        ([*WALK, "--size", "1_0"], ["--size", "whole number"]),
        ([*WALK, "--ttl", "٣"], ["--ttl", "whole number"]),
        ([*WALK, "-o", ""], ["-o", "name of a file"]),
        ([*WALK, "-o", "."], [".: Is a directory"]),
        (["mtu", "flannel", "vxlan", "--underlay", "15_00"], ["--underlay", "whole number"]),
        (["tables", "flannel", "vxlan", "--node", ""], ["node or pod: ''", "router, internet"]),
        (["prove", "--random", "1_0"], ["--random", "whole number"]),
        (["prove", "--seed", "7"], ["--seed", "with --random"]),
        (["prove", "flannel", "--replay", "flannel-vxlan"], ["with --replay: 'flannel'"]),
        (["prove", "--replay", "flannel-vxlan", "--save", "x"], ["with --replay: '--save'"]),
        (["prove", "--random", "3", "--save", "x"], ["with --random: '--save'"]),
        (["prove", "--save", ""], ["--save: ''", "does not exist yet"]),
        (["prove", "--save", "/proc/no/such"], ["/proc/no"]),
        (["prove", "--save", "README.md/x"], ["Not a directory"]),
    ],
)
def test_it_is_one_line(arguments: list[str], named: list[str], capsys, monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    try:
        code = main(arguments)
    except SystemExit as end:
        code = int(end.code or 0)
    out, err = capsys.readouterr()
    assert (code, out, err.count("\n")) == (2, "", 1), err
    assert all(word in err for word in named), err


def test_a_destination_with_a_port_is_tcp(capsys) -> None:
    assert packetwalk.walk("flannel", "vxlan", src="a", dst="10.96.0.80:80").packet.proto == "tcp"
    assert packetwalk.walk("flannel", "vxlan", src="a", dst="b:53", proto="udp").packet.proto == "udp"
    assert packetwalk.walk("flannel", "vxlan", src="a", dst="b").packet.proto == "icmp"
    assert main([*WALK, *SOME, "b:8080", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["traces"][0]["flow"]["proto"] == "tcp"
    network = Network(Cluster(), "flannel", "vxlan")
    assert network.send("a", "b:8080").traces[0].flow.proto == "tcp"
    with pytest.raises(BadInput, match="port in b:8080 for icmp"):
        network.send("a", "b:8080", packetwalk.walk("flannel", "vxlan").packet)


def test_a_source_with_a_port_sends_from_it() -> None:
    flow = packetwalk.walk("flannel", "vxlan", src="a:4711", dst="b:8080").traces[0].flow
    assert (flow.sport, flow.dport) == (4711, 8080)


@pytest.mark.parametrize("node", ["router", "internet"])
def test_what_can_send_has_tables(node: str, capsys) -> None:
    assert main(["tables", "flannel", "vxlan", "--node", node]) == 0
    assert f"# {node}$ ip route" in capsys.readouterr().out


@pytest.fixture
def umask() -> Iterator[int]:
    """A umask that lets nobody else read."""
    before = os.umask(0o077)
    yield 0o077
    os.umask(before)


def test_an_output_keeps_links_and_modes(tmp_path: Path, umask: int) -> None:
    target, link, new = tmp_path / "there.txt", tmp_path / "link.txt", tmp_path / "new.txt"
    target.write_text("before")
    target.chmod(0o640)
    link.symlink_to("there.txt")
    assert main([*WALK, "-o", str(link)]) == 0 and main([*WALK, "-o", str(new)]) == 0
    assert link.is_symlink() and target.read_text() == new.read_text() != "before"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert stat.S_IMODE(new.stat().st_mode) == 0o666 & ~umask
    assert sorted(each.name for each in tmp_path.iterdir()) == ["link.txt", "new.txt", "there.txt"]


def test_where_recordings_cannot_be_saved_nothing_is_proven(tmp_path: Path, capsys, monkeypatch) -> None:
    """The folder is tried before, and taken away again."""

    def proven(*_: object, **__: object) -> None:
        raise AssertionError("proven")

    monkeypatch.setattr("packetwalk.lab.proving.prove.prove", proven)
    monkeypatch.setattr("packetwalk.lab.kernel.rootless.ensure_root", lambda _: None)
    assert main(["prove", "flannel", "vxlan", "--save", "/proc/1/x"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    with pytest.raises(AssertionError, match="proven"):
        main(["prove", "flannel", "vxlan", "--save", str(tmp_path / "a" / "b")])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["kind config flannel", "kind lock"])
def test_without_pyyaml_one_line_says_what_to_install(command: str) -> None:
    script = f"import sys; sys.modules['yaml'] = None; from packetwalk.cli import main; sys.exit(main({command.split()}))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "packetwalk: Python package PyYAML missing; pip install PyYAML\n"
