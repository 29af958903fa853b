"""Every recorded packet, asked about by the tables of its recording alone: what the kernel did, the model does."""

from __future__ import annotations

import pytest

from packetwalk.capture.recording import Recording
from packetwalk.proof import recordings
from packetwalk.proof.compare import frames
from packetwalk.why import load, why

PROGRAMS = ("udp", "sleeve", "fastdp", "wireguard")
"""Modes in which a program, or a device whose peers were not recorded, takes the packet on."""
RECORDINGS = recordings.recordings()


def name(recording: Recording) -> str:
    return f"{recording.about['plugin']}-{recording.about['mode']}-{recording.about.get('release') or 'newest'}"


def is_followed(recording: Recording) -> bool:
    """Say whether the model follows a packet by what was recorded: some cards have a stand-in that is a program."""
    mode = str(recording.about["mode"])
    return not mode.startswith(PROGRAMS) and not recording.about.get("emulated")


@pytest.mark.parametrize("recording", RECORDINGS, ids=name)
def test_what_was_answered_reaches_or_is_not_known(recording: Recording) -> None:
    loaded = load(recording)
    for sent in recording.sent:
        port = f":{sent.dport}" if sent.dport else ""
        fields = {key: value for key, value in sent.packet.options().items() if key in ("proto", "size", "df")}
        answer = why(loaded, sent.src, f"{sent.dst}{port}", **fields)
        if is_followed(recording):
            assert answer.verdict == "reaches", str(answer)
            assert answer.taps.endswith("went the same way, frame by frame"), answer.taps
        else:
            assert answer.verdict in ("not known", "reaches"), str(answer)
            assert answer.verdict == "reaches" or answer.unknown


OF_WEAVE = [each for each in RECORDINGS if each.about["plugin"] == "weave"]


@pytest.mark.parametrize("recording", OF_WEAVE, ids=name)
@pytest.mark.parametrize("pod", ["a", "a2"])
def test_a_pod_that_is_asked_for_behind_a_program_is_not_said_to_be_missing(
    recording: Recording, pod: str
) -> None:
    answer = why(recording, "kind-worker2", pod)
    address = answer.fate.question.dst.address
    assert answer.verdict == "not known", str(answer)
    assert f"who has {address}: it is asked for behind vethwe-" in str(answer)


@pytest.mark.parametrize("recording", [*filter(is_followed, RECORDINGS)], ids=name)
def test_every_recorded_packet_goes_as_it_went(recording: Recording) -> None:
    loaded = load(recording)
    for sent in recording.sent:
        for where, proto, port in _listeners(recording):
            loaded = loaded.assuming(where, proto, port)
        run = loaded.send(sent.src, sent.dst, sent.packet, sent.dport)
        assert frames.difference(run, recording, sent) == ""


def _listeners(recording: Recording) -> list[tuple[str, str, int]]:
    pods = [place.netns for place in recording.places if place.kind == "pod"]
    return [(pod, proto, 8080) for pod in pods for proto in ("tcp", "udp")]
