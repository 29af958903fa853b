"""Files of nodes become the recording they were made of, whatever their clocks said."""

from __future__ import annotations

from pathlib import Path

import pytest

from packetwalk.capture.joining import join
from packetwalk.capture.recording import Recording, read, write
from packetwalk.errors import BadInput
from packetwalk.walks.replay import replay
from packetwalk.why import why
from packetwalk.wire import Ipv4
from tests import ROOT
from tests.capture.joining import files

SECONDS = 1_000_000_000
MODES = ("flannel-vxlan", "flannel-host-gw", "calico-ipip", "calico-bgp", "calico-wireguard", "weave-fastdp")


def made(folder: Path, recording: Recording, ahead: int = 0, **options: bool) -> list[Path]:
    """Write the files of all nodes; the clocks of all but the first are ahead, each more than the one before."""
    return [
        files.write(
            folder / f"{number}.tgz", files.contents(recording, node, ahead=number * ahead, names=options.get("names", True))
        )
        for number, node in enumerate(files.nodes(recording))
    ]


def kept(name: str) -> Recording:
    return read(ROOT / "recordings" / name)


def frames(recording: Recording) -> set[tuple]:
    """Return all frames without their times, but for what is of no node."""
    there = set(files.nodes(recording))
    held = {place.netns for place in recording.places if place.node in there}
    return {(*each[:3], each.data) for sent in recording.sent for each in sent.frames if each.netns in held}


@pytest.mark.parametrize("name", MODES)
def test_clocks_that_differ_are_put_right_by_the_packets(name: str, tmp_path: Path) -> None:
    of = kept(name)
    (tmp_path / "right").mkdir()
    right = join(made(tmp_path / "right", of))
    wrong = join(made(tmp_path, of, ahead=3 * SECONDS))
    moved = {node: wrong.about["clocks"][node] - shift for node, shift in right.about["clocks"].items()}
    met = {node for node in moved if not any(note.startswith(f"{node}: no packet says") for note in wrong.about["notes"])}
    assert met == {"kind-worker", "kind-worker2"}, "no packet was sent to or from the third"
    assert moved == {"kind-control-plane": 0, "kind-worker": 0, "kind-worker2": -3 * SECONDS}
    assert all(abs(right.about["clocks"][node]) < SECONDS // 100 for node in met)


@pytest.mark.parametrize("name", MODES)
def test_every_frame_is_there_and_every_place(name: str, tmp_path: Path) -> None:
    of = kept(name)
    joined = join(made(tmp_path, of), payload=True)
    assert frames(joined) == frames(of)
    assert {(place.netns, place.node, place.kind) for place in joined.places} == {
        (place.netns, place.node, place.kind) for place in of.places if place.node in files.nodes(of)
    }
    write(joined, tmp_path / "written")
    assert frames(read(tmp_path / "written")) == frames(of)


def test_conversations_are_packets_of_their_own_and_translated_ones_are_one(tmp_path: Path) -> None:
    of = kept("flannel-vxlan")
    joined = join(made(tmp_path, of))
    names = [sent.name for sent in joined.sent]
    assert "icmp-10.244.1.2-10.244.2.2" in names and "all" not in names
    service = of.packet("service-tcp")
    found = joined.packet(f"tcp-10.244.1.2-{service.dst}-{service.dport}")
    ends = {(head.src, head.dst) for frame in found.frames for head in frame.stack if isinstance(head, Ipv4)}
    assert len({end for end in ends if "10.244.1.2" in end}) > 2, "before and after the translation"


def test_what_nobody_can_look_into_is_in_all(tmp_path: Path) -> None:
    joined = join(made(tmp_path, kept("calico-wireguard")))
    assert joined.sent[-1].name == "all"
    assert any("nobody can look into" in note for note in joined.about["notes"])
    assert [sent.name for sent in join(made(tmp_path, kept("flannel-vxlan")), together=True).sent] == ["all"]


def test_a_walk_and_an_answer_are_made_of_it(tmp_path: Path) -> None:
    joined = join(made(tmp_path, kept("flannel-host-gw"), ahead=-3 * SECONDS))
    name = "icmp-10.244.1.2-10.244.2.2"
    assert replay(joined, name).disposition == "delivered"
    answer = why(joined, "a", "b")
    assert answer.verdict == "reaches"
    assert "seen" in answer.taps or "same way" in answer.taps


def test_nothing_that_programs_said_is_kept_unless_asked_for(tmp_path: Path) -> None:
    of = kept("flannel-vxlan")
    joined = join(made(tmp_path, of))
    assert joined.about["payload"] == "zeroed"
    pings = [frame for frame in joined.packet("icmp-10.244.1.2-10.244.2.2").frames if not frame.bare]
    assert pings and all(set(frame.data[-48:]) == {0} for frame in pings if len(frame.data) > 90)
    assert join(made(tmp_path, of), payload=True).about["payload"] == "kept"


def test_names_are_made_where_there_is_none_and_stay_unique(tmp_path: Path) -> None:
    of = kept("flannel-vxlan")
    joined = join(made(tmp_path, of, names=False))
    names = [place.netns for place in joined.places]
    assert len(set(names)) == len(names)
    assert "pod-10.244.1.2" in names and "node-172.18.0.3" in names
    one = files.contents(of, "kind-worker")
    twin = {name: text.replace("10.244.1.", "10.244.9.") if isinstance(text, str) else text for name, text in one.items()}
    both = [files.write(tmp_path / "one.tgz", one), files.write(tmp_path / "twin.tgz", twin)]
    named = [place.netns for place in join(both).places]
    assert len(set(named)) == len(named) == 6
    assert {"kind-worker", "a"} <= set(named)


def test_what_is_not_in_it_is_said(tmp_path: Path) -> None:
    held = files.contents(kept("flannel-vxlan"), "kind-worker")
    held["about.txt"] = str(held["about.txt"]).replace("end\n", "stopped after 3 s: 50 megabytes\nend\n")
    held["node/frames/eth0.in.said"] = "2 packets captured\n7 packets dropped by kernel\n"
    held["node/frames/gone.in.pcap"] = held["node/frames/eth0.in.pcap"]
    held["node/before/route.json"] = "[]"
    held["node/after/missing"] = "fdb.json bridge\nlink.txt ip\nrule.txt ip\nodd.txt odd\n"
    del held["node/after/rule.json"]
    del held["node/after/fdb.json"]
    joined = join([files.write(tmp_path / "one.tgz", held)])
    assert joined.about["notes"][:4] == [
        "kind-worker: stopped after 3 s: 50 megabytes",
        "kind-worker: 7 frames at eth0 had no room in the capture",
        "kind-worker: gone was gone at the end; its frames are left out",
        "kind-worker: `ip route` changed while it was recorded",
    ]
    assert joined.place("kind-worker").missing == ("fdb.json", "rule.json")
    write(joined, tmp_path / "written")
    assert read(tmp_path / "written").place("kind-worker").missing == ("fdb.json", "rule.json")
    answer = why(read(tmp_path / "written"), "a", "10.244.2.2")
    assert answer.verdict == "not known" and "forwarding entries" in str(answer)
    assert "the rules of routing in kind-worker" in str(answer)


def test_rules_that_nobody_could_ask_for_are_not_known(tmp_path: Path) -> None:
    held = files.contents(kept("flannel-vxlan"), "kind-worker")
    held["node/after/missing"] = "iptables.txt iptables-save\n"
    del held["node/after/iptables.txt"]
    answer = why(join([files.write(tmp_path / "one.tgz", held)]), "a", "a2")
    assert answer.verdict == "not known" and "no iptables-save was there" in str(answer)
    assert "discarded" not in str(answer) and "does not reach" not in str(answer)



@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"about.txt": "version 2\nend\n"}, "form"),
        ({"about.txt": "version 1\nplace node node kind-worker\n"}, "not ended"),
        ({"about.txt": "version 1\nend\n"}, "no list of namespaces"),
        ({"about.txt": "version 1\nplace node router x\nend\n"}, "no list of namespaces"),
        ({"node/after/link.json": "[{]"}, "link"),
        ({"node/after/route.json": '[{"dev": 3}]'}, "route"),
        ({"node/after/addr.json": "[" * 100_000}, "addr"),
        ({"node/frames/eth0.in.pcap": b"\x00" * 40}, "not a pcap file"),
    ],
)
def test_a_broken_file_is_one_line(changes: dict[str, bytes | str], said: str, tmp_path: Path) -> None:
    held = {**files.contents(kept("flannel-vxlan"), "kind-worker"), **changes}
    with pytest.raises(BadInput, match=said) as error:
        join([files.write(tmp_path / "one.tgz", held)])
    assert "\n" not in str(error.value) and len(str(error.value)) < 300


def test_what_is_no_file_of_a_node_is_one_line(tmp_path: Path) -> None:
    whole = files.write(tmp_path / "one.tgz", files.contents(kept("flannel-vxlan"), "kind-worker"))
    (tmp_path / "half.tgz").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    (tmp_path / "text.tgz").write_text("no archive")
    for given in ([tmp_path / "half.tgz"], [tmp_path / "text.tgz"], [tmp_path / "none.tgz"], [whole, whole], []):
        with pytest.raises(BadInput) as error:
            join(given)
        assert "\n" not in str(error.value)


def test_a_capture_that_was_still_written_is_read_to_its_last_whole_frame(tmp_path: Path) -> None:
    held = files.contents(kept("flannel-vxlan"), "kind-worker")
    tap = "node/frames/eth0.out.pcap"
    all_of_it = join([files.write(tmp_path / "one.tgz", held)], together=True)
    held[tap] = bytes(held[tap])[:-7]  # type: ignore[arg-type]
    cut = join([files.write(tmp_path / "cut.tgz", held)], together=True)
    assert len(all_of_it.sent[0].frames) - len(cut.sent[0].frames) == 1
