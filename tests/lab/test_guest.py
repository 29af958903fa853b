"""What hinders a guest is one line; its recordings are what stand-ins in the running kernel do too."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from packetwalk.capture import recording
from packetwalk.capture.recording import Recording
from packetwalk.cni import plugins
from packetwalk.errors import LabError
from packetwalk.lab import guest
from packetwalk.lab.guest import kernel, machine
from packetwalk.lab.guest.proving import GROUND
from packetwalk.lab.kernel.abilities import lacking
from packetwalk.lab.kernel.inventory import operations
from packetwalk.lab.proving.cases import Case, cases
from packetwalk.lab.proving.prove import ProveTask
from packetwalk.proof import recordings
from packetwalk.proof.compare import frames

NOBODY = "no Open vSwitch device"  # what nothing stands in for; any other lack is one of this machine
GUESTS = [each for each in recordings.recordings() if each.about["ground"] == GROUND]


def _named(recorded: Recording) -> str:
    about = recorded.about
    return "-".join(filter(None, [about["plugin"], about["mode"], about.get("special"), about["underlay"]]))


def _case(recorded: Recording) -> Case:
    about, plugin = recorded.about, plugins()[recorded.about["plugin"]]
    return next(
        case
        for case in cases(plugin, plugin.mode(about["mode"]))
        if (case.underlay, case.fault, case.special) == (about["underlay"], None, about.get("special"))
    )


@pytest.mark.kernel
@pytest.mark.parametrize("recorded", GUESTS, ids=_named)
def test_a_stand_in_sends_the_frames_of_the_guests_kernel(recorded: Recording, tmp_path: Path) -> None:
    case = _case(recorded)
    missing = lacking(operations(case.network()))
    if missing:
        assert "CI" not in os.environ or missing == NOBODY, missing
        pytest.skip(f"no stand-in: {missing}")
    ProveTask(case, save=tmp_path)()
    here = recording.read(tmp_path / case.name)
    for sent in recorded.sent:
        assert frames.recorded(here.packet(sent.name)) == frames.recorded(sent), sent.name


@pytest.fixture
def unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with a kernel that has no module at all, as Debian's for clouds has no 9p."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = kernel.cache() / "1-1_6.1.0-1-cloud-amd64" / "lib" / "modules" / "6.1.0-1-cloud-amd64"
    folder.mkdir(parents=True)
    (folder / "modules.dep").write_text("kernel/drivers/virtio/virtio_pci.ko:\n")
    return tmp_path


def test_without_qemu_it_says_so(tmp_path: Path, unpacked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError, match=r"^guest: program qemu-system-x86_64, program busybox missing$"):
        guest.run(["true"], tmp_path, limit=1)


def test_without_a_kernel_and_a_way_to_get_one_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError, match=r"^guest: no kernel, and programs to fetch Debian's are missing: "):
        kernel.get()


def test_a_kernel_without_9p_is_one_line(
    tmp_path: Path, unpacked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (machine.QEMU, machine.BUSYBOX):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError, match=r"^guest: kernel 6.1.0-1-cloud-amd64 has no module 9p$"):
        guest.run(["true"], tmp_path, limit=1)
