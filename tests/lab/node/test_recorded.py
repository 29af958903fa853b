"""Two nodes recorded by the script, with Debian's tools and with busybox's alone, joined and asked about."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from packetwalk.capture.joining import join
from packetwalk.capture.recording import Recording, read, write
from packetwalk.tables import every_table
from packetwalk.tables.fdb import FORWARDING
from packetwalk.tables.link import LINKS
from packetwalk.walks.replay import replay
from packetwalk.why import why
from tests.lab.node import nodes

pytestmark = pytest.mark.kernel("tcpdump")
AHEAD = 3  # seconds
ACROSS, BESIDE = "icmp-10.244.1.2-10.244.2.2", "icmp-10.244.1.2-10.244.1.3"
PINGS = (("a", "b"), ("a", "a2"))
FILES = dict[str, Path]


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> FILES:
    return nodes.recorded(tmp_path_factory.mktemp("debian"), "debian", sent=PINGS)


@pytest.fixture(scope="module")
def busybox(tmp_path_factory: pytest.TempPathFactory) -> FILES:
    return nodes.recorded(tmp_path_factory.mktemp("busybox"), nodes.BUSYBOX, ["-s", "200"], PINGS)


def changed(file: Path, target: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """Write a copy of a node's file with other contents."""
    with tarfile.open(file) as old, tarfile.open(target, "w:gz") as new:
        for member in old:
            inside = old.extractfile(member)
            data = change(member.name, inside.read()) if inside else b""
            member.size = len(data)
            new.addfile(member, io.BytesIO(data))
    return target


def ahead(name: str, content: bytes) -> bytes:
    """Return a capture by a clock that is ahead, anything else as it is."""
    if not name.endswith(".pcap") or not content:
        return content
    out, at = bytearray(content), 24
    while at < len(out):
        seconds, _, length, _ = struct.unpack_from("<IIII", out, at)
        struct.pack_into("<I", out, at, seconds + AHEAD)
        at += 16 + length
    return bytes(out)


def kept(recording: Recording, folder: Path) -> Recording:
    write(recording, folder / "joined")
    return read(folder / "joined")


def test_it_is_as_the_model_says_frame_by_frame(debian: FILES, tmp_path: Path) -> None:
    joined = kept(join([*debian.values()]), tmp_path)
    assert {place.netns for place in joined.places} == {"kind-worker", "a", "a2", "kind-worker2", "b", "b2"}
    assert not any(place.missing for place in joined.places)
    for dst, packet in (("b", ACROSS), ("a2", BESIDE)):
        assert replay(joined, packet).disposition == "delivered"
        answer = why(joined, "a", dst)
        assert answer.verdict == "reaches"
        assert answer.taps == f"the recorded packet {packet}, of 56 bytes, went the same way, frame by frame"


def test_a_clock_that_is_three_seconds_ahead_is_put_back(debian: FILES, tmp_path: Path) -> None:
    first, second = debian.values()
    right = join([first, second])
    wrong = kept(join([first, changed(second, tmp_path / "ahead.tgz", ahead)]), tmp_path)
    assert wrong.about["clocks"]["kind-worker2"] == right.about["clocks"]["kind-worker2"] - AHEAD * 1_000_000_000
    assert [step.why for trace in replay(wrong, ACROSS).traces for step in trace.steps] == [
        step.why for trace in replay(right, ACROSS).traces for step in trace.steps
    ]
    assert why(wrong, "a", "b").taps.endswith("went the same way, frame by frame")


def test_what_is_broken_on_a_node_is_found_in_what_was_joined(debian: FILES, tmp_path: Path) -> None:
    """Without the forwarding entry for the other node, which a healthy recording has, nothing gets there."""

    def lost(name: str, content: bytes) -> bytes:
        if name != "recording/node/after/fdb.json":
            return content
        return json.dumps([each for each in json.loads(content) if each["ifname"] != "flannel.1"]).encode()

    first, second = debian.values()
    answer = why(join([changed(first, tmp_path / "lost.tgz", lost), second]), "a", "b")
    assert answer.verdict == "does not reach"
    assert answer.fate.step.dev == "flannel.1" and answer.fate.step.netns == "kind-worker"
    assert "discarded" in str(answer)
    assert why(join([first, second]), "a", "b").verdict == "reaches"


def test_busybox_tells_the_same_or_that_it_cannot(debian: FILES, busybox: FILES) -> None:
    by_debian, by_busybox = (join([*files.values()]) for files in (debian, busybox))
    learnt = ("neigh", "conntrack", "sysctl", "socket")
    for place in by_busybox.places:
        other = by_debian.place(place.netns)
        for table in every_table():
            if table.second:  # nobody asks for it
                continue
            told = {name for name in table.files if name in place.files}
            if table.name in learnt or (table.files and not told):
                assert table.name in learnt or set(table.files) & set(place.missing) or not table.files
                continue
            ours, theirs = (sorted(map(table.comparable, each.entries(table))) for each in (place, other))
            if table is LINKS:
                ours, theirs = ([line for line in each if "vxlan" not in line] for each in (ours, theirs))
            assert ours == theirs, (place.netns, table.name)
        assert "fdb.json" in place.missing and not place.entries(FORWARDING)
        assert "iptables.txt" in place.missing


def test_what_busybox_cannot_ask_is_not_known_and_what_was_seen_is_said(busybox: FILES, tmp_path: Path) -> None:
    joined = kept(join([*busybox.values()]), tmp_path)
    for dst, packet in (("b", ACROSS), ("a2", BESIDE)):
        assert replay(joined, packet).disposition == "delivered"
        answer = why(joined, "a", dst)
        assert answer.verdict == "not known"
        assert "no iptables-save was there" in str(answer)
        assert answer.taps == f"such a packet was seen in {packet}, and an answer came back"
    assert "forwarding entries were not recorded" in str(why(joined, "a", "b"))


def test_rules_and_routes_that_busybox_prints_without_words_are_missing(tmp_path: Path) -> None:
    made = (
        "ip rule add not from 192.0.2.1 lookup 100 pref 50",
        "ip route add 198.51.100.0/24 nexthop via 172.18.0.4 dev eth0 nexthop via 172.18.0.2 dev eth0",
    )
    place = join([*nodes.recorded(tmp_path, nodes.BUSYBOX, before=made).values()]).place("kind-worker")
    assert {"rule.json", "route.json"} <= set(place.missing)
    assert "rule.json" not in place.files


def test_names_stay_at_home_when_asked(tmp_path: Path) -> None:
    files = nodes.recorded(tmp_path, "debian", ["-r"])
    for file in files.values():
        with tarfile.open(file) as tar:
            held = {each.name: tar.extractfile(each).read().decode(errors="replace") for each in tar if each.isfile()}  # type: ignore[union-attr]
        assert not [name for name, text in held.items() if "kind-worker" in text or "comment" in text]
        assert "place pod-1 pod -" in held["recording/about.txt"]
        assert "-j KUBE-" in held["recording/node/after/iptables.txt"]
    assert {place.netns for place in join([*files.values()]).places} >= {"node-172.18.0.3", "pod-10.244.2.2"}


def test_it_ends_when_the_frames_fill_what_they_may(tmp_path: Path) -> None:
    words = ["-t", "60", "-m", "1", "-s", "1500"]
    files = nodes.recorded(tmp_path, "debian", words, [("a", "b", "-f", "-c", "1500", "-s", "1000")])
    notes = join([*files.values()], together=True).about["notes"]
    assert [note.partition(" after ")[0] for note in notes if "1 megabytes" in note] == [
        "kind-worker: stopped",
        "kind-worker2: stopped",
    ]


def test_an_odd_option_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    words = (["-t", "0"], ["-m", "many"], ["-f", "no such filter ("], ["-x"], ["-o", str(tmp_path)])
    for each in words:
        done = subprocess.run(["sh", nodes.node.SCRIPT, *each], capture_output=True, text=True, check=False, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert done.stderr.splitlines()[-1].startswith("record-node: ")
    assert [*tmp_path.iterdir()] == []
