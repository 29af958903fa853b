"""What a recording does not tell is said, and never taken for a fault."""

from __future__ import annotations

import pytest

from packetwalk import lab
from packetwalk.capture.recording import Recording
from packetwalk.proof import recordings
from packetwalk.why import why


def without(recorded: Recording, name: str) -> Recording:
    """Return a recording in which nobody has asked for a file."""
    places = (
        place._replace(files={key: text for key, text in place.files.items() if key != name})
        for place in recorded.places
    )
    return recorded._replace(places=tuple(places))


@pytest.mark.parametrize("dst", ["b", "web"])
def test_settings_that_nobody_recorded_are_no_fault(dst: str) -> None:
    answer = why(without(recordings.recordings("flannel", "vxlan")[0], "sysctl.txt"), "a", dst)
    assert answer.verdict == "reaches"
    assert any(each.startswith("whether kind-worker, kind-worker2 forward") for each in answer.unknown)


def test_a_recording_of_the_model_is_asked_too() -> None:
    with lab.open("flannel", "vxlan", "model") as cluster:
        assert why(cluster.capture("a", "b"), "a", "b").verdict == "reaches"
        assert cluster.execute("kind-worker", ["ip", "route", "del", "10.244.2.0/24"]).ok
        answer = why(cluster.capture("a", "b"), "a", "b")
    assert answer.verdict == "does not reach" and answer.mend is not None
    assert "ip route replace 10.244.2.0/24" in str(answer.mend)


def test_sockets_that_nobody_recorded_are_taken_to_be_there() -> None:
    recorded = recordings.recordings("flannel", "vxlan")[0]
    told, untold = why(recorded, "a", "b:8080"), why(without(recorded, "socket.txt"), "a", "b:8080")
    assert (told.verdict, untold.verdict) == ("reaches", "reaches")
    assert not [each for each in told.unknown if "listens" in each]
    assert [each for each in untold.unknown if "listens on tcp port 8080 in b" in each]
    closed = why(recorded, "a", "b:8081")
    assert closed.verdict == "does not reach"
