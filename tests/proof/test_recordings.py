"""Nothing lies in the recordings that no test looks at, and they stay small."""

from __future__ import annotations

from tests.proof.recording import FOLDER, experiments, outcomes
from tests.proof.test_walks import EXPERIMENTS


def test_every_recording_is_replayed() -> None:
    files = {
        f"{path.parent.name}/{path.name.removesuffix('.pcapng.gz')}" for path in FOLDER.rglob("*.pcapng*")
    }
    assert files == set(EXPERIMENTS)
    assert len(files) == 91


def test_every_outcome_has_its_recording() -> None:
    for folder in {experiment.folder for experiment in experiments()}:
        assert {f"{folder}/{name}" for name in outcomes(folder)} == {
            e.id for e in experiments() if e.folder == folder
        }


def test_every_folder_says_what_recorded_it() -> None:
    for folder in {FOLDER, *(path.parent for path in FOLDER.glob("*/outcomes.json"))}:
        text = (folder / "README.md").read_text()
        assert "flanneld v0.20.2" in text and "Linux 6.18" in text


def test_recordings_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 600_000
