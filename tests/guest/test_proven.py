"""What kernels may lack, and one control, in a guest's kernel: the model's tables and frames, all of them.

The recordings and results that come with the package are what is found (``make proof-guest`` writes them).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from packetwalk import proof
from packetwalk.capture.recording import Recording
from packetwalk.lab.compare import frames
from packetwalk.lab.guest import proving
from packetwalk.lab.guest.proving import Mode
from packetwalk.proof import Result

MODES = proving.wanted()
CONTROL = ("flannel", "vxlan")
GUESTS = [each for each in proof.recordings() if each.about["ground"] == proving.GROUND]


class Found:
    """One boot for all modes."""

    def __init__(self, share: Path) -> None:
        modes = [*MODES, CONTROL]
        self.results = proving.prove(modes, share)
        self.recordings = dict(proving.recordings(modes, share))

    def of(self, mode: Mode) -> list[Result]:
        """Return the results of a mode."""
        return [each for each in self.results if (each.plugin, each.mode) == mode]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return Found(tmp_path_factory.mktemp("guest"))


@pytest.mark.parametrize("mode", [*MODES, CONTROL], ids="-".join)
def test_the_guests_kernel_agrees(found: Found, mode: Mode) -> None:
    wrong = [each for each in found.of(mode) if each.verdict == "differs"]
    assert not wrong, proof.table(wrong)
    assert sum(each.verdict == "proven" for each in found.of(mode)) > 20


@pytest.mark.parametrize("mode", MODES, ids="-".join)
def test_the_results_of_the_package_are_found_again(found: Found, mode: Mode) -> None:
    kept = [each for each in proof.guest() if (each.plugin, each.mode) == mode]
    assert set(kept) == set(found.of(mode)), "make proof-guest"


@pytest.mark.parametrize("recorded", GUESTS, ids=lambda each: f"{each.about['plugin']}-{each.about['mode']}")
def test_the_recordings_of_the_package_are_made_again(found: Found, recorded: Recording) -> None:
    again = [each for each in found.recordings.values() if _case(each) == _case(recorded)]
    assert len(again) == 1
    for sent in recorded.sent:
        assert frames.recorded(again[0].packet(sent.name)) == frames.recorded(sent), sent.name


def _case(recorded: Recording) -> tuple[object, ...]:
    return tuple(recorded.about.get(key) for key in ("plugin", "mode", "underlay", "fault", "special"))
