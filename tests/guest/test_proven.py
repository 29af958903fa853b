"""What kernels may lack, and one control, in a guest's kernel: the model's tables and frames, all of them.

The recordings and results that come with the package are what is found (``make proof-guest`` writes them).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from packetwalk.capture.recording import Recording
from packetwalk.lab.guest import proving
from packetwalk.lab.guest.proving import Mode
from packetwalk.proof import recordings
from packetwalk.proof import results as proof
from packetwalk.proof.compare import frames

MODES = proving.wanted()
CONTROL = ("flannel", "vxlan")
GUESTS = [each for each in recordings.recordings() if each.about["ground"] == proving.GROUND]


def _case(recorded: Recording) -> tuple[object, ...]:
    return tuple(recorded.about.get(key) for key in ("plugin", "mode", "underlay", "fault", "special"))


def _named(recorded: Recording) -> str:
    return "-".join(str(word) for word in _case(recorded) if word)


class GuestRecording:
    """What a guest found in one mode."""

    def __init__(self, mode: Mode, share: Path) -> None:
        self.results = proving.prove([mode], share)
        self.recordings = [made for _, made in proving.recordings([mode], share)]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Mode], GuestRecording]:
    """Boot a guest for a mode, once."""
    return cache(lambda mode: GuestRecording(mode, tmp_path_factory.mktemp("guest")))


@pytest.mark.parametrize("mode", [*MODES, CONTROL], ids="-".join)
def test_the_guests_kernel_agrees(found: Callable[[Mode], GuestRecording], mode: Mode) -> None:
    wrong = [each for each in found(mode).results if each.verdict == "differs"]
    assert not wrong, proof.table(wrong)
    assert sum(each.verdict == "proven" for each in found(mode).results) > 20


@pytest.mark.parametrize("mode", MODES, ids="-".join)
def test_the_results_of_the_package_are_found_again(
    found: Callable[[Mode], GuestRecording], mode: Mode
) -> None:
    kept = [each for each in proof.guest() if (each.plugin, each.mode) == mode]
    assert set(kept) == set(found(mode).results), "make proof-guest"


@pytest.mark.parametrize("recorded", GUESTS, ids=_named)
def test_the_recordings_of_the_package_are_made_again(
    found: Callable[[Mode], GuestRecording], recorded: Recording
) -> None:
    mode = recorded.about["plugin"], recorded.about["mode"]
    again = [each for each in found(mode).recordings if _case(each) == _case(recorded)]
    assert len(again) == 1
    for sent in recorded.sent:
        assert frames.recorded(again[0].packet(sent.name)) == frames.recorded(sent), sent.name
