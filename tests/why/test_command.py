"""``packetwalk why``: the answer, the commands, all pairs; wrong words are one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from packetwalk import lab
from packetwalk.capture import recording
from packetwalk.cli import main
from tests.why import given
from tests.why.example import FILE
from tests.why.given import zipped


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a recording in which a node has lost its tunnel."""
    folder = tmp_path_factory.mktemp("why") / "recording"
    with lab.open("flannel", "vxlan", "model") as cluster:
        assert cluster.execute("kind-worker2", ["ip", "link", "set", "flannel.1", "down"]).ok
        recording.write(cluster.capture("a", "b"), folder)
    return str(folder)


def test_the_answer_is_five_lines_and_the_commands_are_asked_for(
    broken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["why", broken, "--from", "a", "--to", "b"]) == 0
    answer = capsys.readouterr().out
    assert answer.splitlines()[0].endswith(": does not reach")
    assert "and 4 more" in answer
    assert main(["why", broken, "--from", "a", "--to", "b", "--commands"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(answer.rstrip("\n"))
    commands = said[len(answer) :].split("\n")
    asked = [line for line in commands if line.startswith("kind-worker2# ")]
    assert len(asked) == 5 and asked[0] == "kind-worker2# ip link set flannel.1 up"


def test_json_has_all_of_it(broken: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["why", broken, "--from", "a", "--to", "b", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"] == "does not reach" and told["mend"]["netns"] == "kind-worker2"
    assert main(["why", broken, "--matrix", "--format", "json"]) == 0
    pairs = {(each["from"], each["to"]): each["verdict"] for each in json.loads(capsys.readouterr().out)}
    assert pairs["a", "a2"] == "reaches" and pairs["a", "b"] == "does not reach"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of what record-node.sh writes on each node of the example."""
    folder = tmp_path_factory.mktemp("nodes")
    nodes = given.nodes(tmp_path_factory.mktemp("whole"))
    for name, content in nodes.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("form", ["files", "a folder", "one archive", "a .zip of files"])
def test_what_was_written_on_the_nodes_is_asked_as_it_is(
    form: str, written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "n.zip").write_bytes(zipped({each.name: each.read_bytes() for each in written.iterdir()}))
    forms = {
        "files": [str(each) for each in sorted(written.iterdir())],
        "a folder": [str(written)],
        "one archive": [str(FILE)],
        "a .zip of files": [str(tmp_path / "n.zip")],
    }
    assert main(["why", *forms[form], "--from", "a", "--to", "b"]) == 0
    told = capsys.readouterr().out
    assert told.splitlines()[0].endswith(": does not reach") and "172.18.0.9 dev eth0" in told


def test_one_nodes_file_is_asked_alone(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["why", str(min(written.iterdir())), "--matrix"]) == 0
    assert "not known" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["no.tgz"], "a folder with recording.json"),
        ([__file__], "recording: missing"),
        ([__file__, __file__], "no whole .tgz"),
        (["flannel-vxlan", str(FILE)], "flannel-vxlan"),
    ],
)
def test_what_is_no_recording_is_one_line(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["why", *words, "--from", "a", "--to", "b"]) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1 and said in told.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--from", "a"], "--to: missing"),
        (["--from", "nobody", "--to", "b"], "nobody"),
        (["--from", "10.9.9.9", "--to", "b"], "sender"),
        (["--from", "a", "--to", "b:0"], "1 to 65535"),
        (["--from", "a", "--to", "b:80", "--proto", "icmp"], "port for icmp"),
        (["--from", "a", "--to", "b", "--size", "99999"], "size in bytes"),
        (["--matrix", "--from", "a"], "alone"),
    ],
)
def test_wrong_words_are_one_line(
    broken: str, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["why", broken, *words]) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1 and said in told.err
