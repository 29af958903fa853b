"""A broken recording is one clear line, in Python and on the command line, whatever is broken."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from packetwalk.capture import recording
from packetwalk.cli import main
from packetwalk.errors import BadInput
from packetwalk.lab.proving import prove
from packetwalk.proof import recordings
from packetwalk.walks.replay import replay
from packetwalk.wire.pcap import write_pcapng

WHOLE = recordings.folder() / "flannel-vxlan"
PACKET = "cross-node-icmp.pcapng"
Break = Callable[[Path], Any]


def _cut(name: str, size: int) -> Break:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:size])


def _text(name: str, text: str) -> Break:
    return lambda folder: (folder / name).write_text(text)


def _head(change: Callable[[dict], Any]) -> Break:
    def write(folder: Path) -> None:
        file = folder / recording.HEAD
        head = json.loads(file.read_text())
        change(head)
        file.write_text(json.dumps(head))

    return write


def _about(**values: Any) -> Break:
    return _head(lambda head: head["about"].update(values))


def _sent(**values: Any) -> Break:
    return _head(lambda head: head["sent"][0].update(values))


def _frames(*interfaces: tuple[str, int]) -> Break:
    frame = bytes(12) + b"\x08\x00" + bytes(40)
    packed = write_pcapng(list(interfaces), [(0, 0, "in", frame)])
    return lambda folder: (folder / PACKET).write_bytes(packed)


UNREADABLE: dict[str, tuple[Break, str]] = {
    "no head": (lambda folder: (folder / recording.HEAD).unlink(), "a folder with recording.json"),
    "head is no JSON": (_text("recording.json", '{"about": '), r"recording.json: 'no JSON at line 1"),
    "head is a list": (_text("recording.json", "[]"), r"recording.json: 'no about"),
    "head has no packets": (_head(lambda head: head.pop("sent")), r"recording.json: 'no sent"),
    "a head that is nested too deeply": (_text("recording.json", "[" * 50_000), r"nested too deeply"),
    "a mode that is a number": (_about(mode=5), r"mode: no text"),
    "a plugin that is a list": (_about(plugin=["flannel"]), r"plugin: no text"),
    "a word for cold": (_about(cold="no"), r"cold: 'no' is not valid; valid: true, false"),
    "no packet at all": (_head(lambda head: head.update(sent=[])), r"sent: an empty list"),
    "a packet twice": (
        _head(lambda head: head["sent"].append(head["sent"][0])),
        r"sent: name 'cross-node-icmp' twice",
    ),
    "a namespace twice": (
        _head(lambda head: head["places"].append(head["places"][0])),
        r"places: netns '.*' twice",
    ),
    "a label that is a number": (
        _head(lambda head: head["places"][0].update(label=3)),
        r"label of .*: no text",
    ),
    "stand-ins that are a number": (_about(emulated=7), r"emulated: no list"),
    "a sender that is a list": (_sent(src=["a"]), r"src and dst are texts"),
    "another version": (_about(version=2), r"version: 2 is not valid; valid: 1$"),
    "no version": (_head(lambda head: head["about"].pop("version")), r"version: None"),
    "a namespace is missing": (lambda folder: shutil.rmtree(folder / "a"), r"no folder a"),
    "its devices are missing": (lambda folder: (folder / "a" / "link.json").unlink(), r"no a/link.json"),
    "a table is no JSON": (_text("a/route.json", "[{"), r"route.json: 'no JSON"),
    "a table of another shape": (_text("a/route.json", '{"dst": 1}'), r"tables of a"),
    "a route without destination": (_text("a/route.json", '[{"dev": "eth0"}]'), r"tables of a"),
    "a table is no text": (lambda folder: (folder / "a" / "addr.json").write_bytes(b"\xff\xfe"), r"not text"),
    "an address that is none": (
        _text("a/addr.json", '[{"ifname": "eth0", "addr_info": [{"family": "inet", "local": "x", "prefixlen": 24}]}]'),
        r"tables of a",
    ),
    "rules that are none": (_text("kind-worker/iptables.txt", "*nat\nhello\n"), r"tables of kind-worker"),
    "a place of unknown kind": (_head(lambda head: head["places"][0].update(kind="moon")), r"moon"),
    "a place with a path": (_head(lambda head: head["places"][0].update(netns="../etc")), r"\.\./etc"),
    "a place that is a word": (_head(lambda head: head["places"].insert(0, "a")), r"place 'a'"),
    "no pcap": (lambda folder: (folder / PACKET).unlink(), r"cross-node-icmp.pcapng: 'No such file"),
    "an empty pcap": (_cut(PACKET, 0), r"cross-node-icmp.pcapng: "),
    "a pcap of another kind": (_text(PACKET, "hello, world"), r"cross-node-icmp.pcapng: "),
    "an unknown device": (_frames(("kind-worker:eth7", 1)), r"device kind-worker:eth7, which no link"),
    "an unknown namespace": (_frames(("moon:eth0", 1)), r"device moon:eth0, which no link"),
    "an interface without a namespace": (_frames(("eth0", 1)), r"no NETNS:DEVICE"),
    "a packet with a path": (_sent(name="../../etc/passwd"), r"passwd"),
    "a packet without a sender": (_head(lambda head: head["sent"][0].pop("src")), r"packet \{"),
    "a packet from nowhere": (_sent(src="moon"), r"moon"),
    "a packet to no address": (_sent(dst="b"), r"'b'"),
    "an unknown protocol": (_sent(proto="sctp"), r"sctp"),
    "a size in words": (_sent(size="big"), r"big"),
    "a port that is none": (_sent(dport=70000), r"70000"),
    "a file instead of a folder": (
        lambda folder: (shutil.rmtree(folder), folder.write_text("")),
        r"a folder with",
    ),
}
UNPROVABLE: dict[str, tuple[Break, str]] = {
    "an unknown plugin": (_about(plugin="cilium"), r"cilium"),
    "an unknown mode": (_about(mode="moon"), r"moon"),
    "no plugin": (_about(plugin=None), r"plugin: None"),
    "an unknown underlay": (_about(underlay="moon"), r"moon"),
    "an unknown fault": (_about(fault="moon"), r"moon"),
    "an unknown scenario": (_about(special="moon"), r"moon"),
    "an unknown ground": (_about(ground="moon"), r"ground: 'moon'"),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A recording of one's own, whole."""
    shutil.copytree(WHOLE, tmp_path / "mine")
    return tmp_path / "mine"


def _said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Return the one line of a command that ends with 2."""
    capsys.readouterr()
    assert main(words) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("packetwalk: ") and said.err.count("\n") == 1
    return said.err.strip()


def test_whole_it_is_read(copy: Path) -> None:
    assert main(["replay", str(copy)]) == 0 and main(["prove", "--replay", str(copy)]) == 0


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_one_line(copy: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    spoil, line = UNREADABLE[name]
    spoil(copy)
    with pytest.raises(BadInput, match=line) as caught:
        replay(copy)
    assert "\n" not in str(caught.value)
    assert _said(capsys, "replay", str(copy)) == f"packetwalk: {caught.value}"
    assert _said(capsys, "prove", "--replay", str(copy)) == f"packetwalk: {caught.value}"


@pytest.mark.parametrize("name", UNPROVABLE)
def test_what_has_no_model_is_one_line(copy: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    spoil, line = UNPROVABLE[name]
    spoil(copy)
    with pytest.raises(BadInput, match=line):
        list(prove.replay(recording.read(copy), there=True))
    assert _said(capsys, "prove", "--replay", str(copy)).count("not valid") == 1
    if name != "an unknown underlay":  # the authors of the lines come from a plan on one
        assert main(["replay", str(copy)]) == 0, "a walk needs no model"


def test_no_recording_at_all_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["replay"], ["prove", "--replay"]):
        for folder in (tmp_path / "nothing", tmp_path):  # one that is not there, one without a recording
            assert "a folder with recording.json" in _said(capsys, *words, str(folder))
    assert "packet of the recording: 'moon'" in _said(capsys, "replay", str(WHOLE), "moon")
