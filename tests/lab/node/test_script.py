"""The script that records a node: short enough to be read, sound, and asking what a recording has."""

from __future__ import annotations

import shutil
import subprocess

import pytest
import yaml

from packetwalk.capture.recording import COMMANDS
from packetwalk.cli import main
from packetwalk.lab import node
from packetwalk.tables.sysctl import DEVICE, MACHINE
from tests.missing import missing

TEXT = node.SCRIPT.read_text()
LONGEST = 200  # lines


@pytest.mark.parametrize("command", [["dash", "-n"], ["shellcheck", "-s", "sh"], ["busybox", "sh", "-n"]], ids=" ".join)
def test_it_is_sound(command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        missing(f"{command[0]} is not installed")
    done = subprocess.run([*command, node.SCRIPT], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_it_is_read_in_a_sitting() -> None:
    assert len(TEXT.splitlines()) <= LONGEST
    assert all(len(line) <= 120 for line in TEXT.splitlines())


@pytest.mark.parametrize("file", COMMANDS)
def test_it_asks_what_a_recording_has(file: str) -> None:
    if file != "sysctl.txt":
        assert f"{file} {' '.join(COMMANDS[file])}\n" in TEXT.replace("; then", "").replace(" || ", "\n").replace(" #", "\n")


def test_it_asks_for_every_setting_that_the_data_path_reads() -> None:
    asked = {word.rstrip(";").replace("/", ".") for word in TEXT.split()}
    assert {key for key in MACHINE if ".conf." not in key} <= asked
    assert set(DEVICE) <= asked and "/proc/sys/net/ipv4/conf/*" in TEXT


def test_no_command_asks_for_a_secret() -> None:
    code = "\n".join(line for line in TEXT.splitlines() if not line.startswith("#"))
    for word in ("environ", "cmdline", "private-key", "showconf", " dump", "secret", "kubectl", "curl", "wget"):
        assert word not in code


@pytest.mark.parametrize(("option", "file"), [("--script", node.SCRIPT), ("--daemonset", node.DAEMONSET)])
def test_the_command_prints_it(option: str, file: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["record", option]) in (0, None)
    assert capsys.readouterr().out == node.SCRIPT.read_text() if file == node.SCRIPT else node.DAEMONSET.read_text()


def test_the_manifest_writes_nothing_on_a_node_and_stands_in_a_namespace_of_its_own() -> None:
    space, daemons = yaml.safe_load_all(node.DAEMONSET.read_text())
    assert daemons["metadata"]["namespace"] == space["metadata"]["name"] == "packetwalk-record"
    pod = daemons["spec"]["template"]["spec"]
    assert not [volume for volume in pod["volumes"] if "hostPath" in volume]
    assert pod["automountServiceAccountToken"] is False
    (container,) = pod["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"]["drop"] == ["ALL"]
    assert not container["securityContext"].get("privileged")
