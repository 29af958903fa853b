"""The workflow that does the labs on kind: what it runs is here, and nothing in it is pinned twice."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
import yaml

from packetwalk.lab.kind import pins
from packetwalk.lab.plugins import installation, installations
from tests import ROOT
from tests.lab.kind import install, real
from tests.lab.kind.conftest import Machine
from tests.refresh_labs import ends_programs

FILE = ROOT / ".github" / "workflows" / "labs.yml"
FLOW = yaml.safe_load(FILE.read_text())
JOB = FLOW["jobs"]["kind"]


def test_it_runs_for_every_plugin_weekly_and_on_request() -> None:
    assert JOB["strategy"]["matrix"]["plugin"] == list(installations())
    when = FLOW[True]  # YAML 1.1 reads the key `on` so
    assert set(when) == {"schedule", "workflow_dispatch"}
    assert len(when["schedule"][0]["cron"].split()) == 5
    assert JOB["runs-on"] == "ubuntu-24.04" and JOB["timeout-minutes"] <= 60
    assert FLOW["permissions"] == {"contents": "read"}


def test_what_it_calls_is_there() -> None:
    commands = "\n".join(step.get("run", "") for step in JOB["steps"])
    for module in re.findall(r"-m (tests\.[\w.]+)", commands):
        assert (ROOT / (module.replace(".", "/") + ".py")).exists(), module
    assert "sha256" not in FILE.read_text() and pins.programs()["kind"].url not in FILE.read_text()
    assert all(re.search(r"@v\d", step["uses"]) for step in JOB["steps"] if "uses" in step)


def test_recordings_are_kept_also_when_a_lab_fails() -> None:
    keep = next(step for step in JOB["steps"] if "upload-artifact" in step.get("uses", ""))
    assert keep["if"] == "always()" and keep["with"]["path"] == "recordings"


def test_the_programs_are_installed_as_pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in pins.programs().values():
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256) and re.search(r"/v\d+\.\d+\.\d+/", file.url)
    monkeypatch.setattr(pins, "fetch", lambda file: file.url.encode())
    assert install.main(tmp_path / "bin") == 0
    assert (tmp_path / "bin" / "kind").stat().st_mode & 0o111
    assert hashlib.sha256((tmp_path / "bin" / "kubectl").read_bytes()).hexdigest()


def test_each_lab_belongs_to_a_plugin() -> None:
    found = [notebook for plugin in installations() for notebook in real.labs(plugin)]
    assert set(found) == {each for each in ROOT.glob("labs/*/solution.ipynb") if not ends_programs(each)}


def test_every_mode_is_recorded_in_one_cluster_which_is_gone_afterwards(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(real, "labs", lambda plugin: [])
    few = {mode: installation("flannel").modes[mode] for mode in ("vxlan", "host-gw", "ipip")}
    monkeypatch.setattr(installation("flannel"), "modes", few)
    monkeypatch.setenv("PACKETWALK_GROUND", "kind")
    machine.write(**{"no modules": ["ipip"]})
    ping = "ping -c 1 -W 1 -s 56 10.244.2.2"
    machine.write(answers={**machine.state["answers"], ping: "1 packets transmitted, 1 received"})
    monkeypatch.setattr("packetwalk.lab.grounds.kind.KindGround.missing", classmethod(lambda cls: ()))
    assert real.main("flannel", tmp_path / "recordings") == 0, capsys.readouterr().out
    said = capsys.readouterr().out
    assert (
        "flannel ipip: not here: flannel ipip needs the kernel module ipip" in said
        and "flannel host-gw: done" in said
    )
    assert (tmp_path / "recordings" / "flannel-host-gw-ping" / "recording.json").exists()
    assert len(machine.called("kind", "create")) == 1
    assert machine.nothing_left()
