"""The usual commands print in the model what real namespaces printed, with the same exit code."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.shell import transcript
from tests.shell.transcript import HERE, Said
from tests.shell.usual import typed

CLUSTERS = sorted(HERE.glob("*.txt"))
KNOWN = yaml.safe_load((HERE / "known.yaml").read_text())
TOOLS = {"ip -V": "ip utility, iproute2-6.1.0", "iptables --version": "iptables v1.8.9 (nf_tables)"}
AT_LEAST = 1000


def reasons(cluster: str) -> dict[str, str]:
    """Return why each command that differs does so, by what was typed."""
    return {line: why for why, lines in (KNOWN.get(cluster) or {}).items() for line in lines}


def differing(path: Path) -> Iterator[tuple[Said, Said]]:
    """Yield what the model says otherwise, beside what the kernel's tools said."""
    for mine, theirs in zip(typed(path, "model"), transcript.read(path), strict=True):
        if (mine.lines, mine.code) != (theirs.lines, theirs.code):
            yield mine, theirs


@pytest.mark.parametrize("path", CLUSTERS, ids=lambda path: path.stem)
def test_the_model_says_what_the_tools_say(path: Path) -> None:
    known, found = reasons(path.stem), list(differing(path))
    wrong = [f"model:\n{mine}\nkernel:\n{theirs}" for mine, theirs in found if mine.prompt not in known]
    assert not wrong, "\n".join(wrong)
    assert set(known) == {mine.prompt for mine, _ in found}, "what is the same by now is not in known.yaml"


def test_so_many_are_the_same() -> None:
    every = sum(len({said.prompt for said in transcript.read(path)}) for path in CLUSTERS)
    assert every - sum(len(reasons(path.stem)) for path in CLUSTERS) >= AT_LEAST


def _version(command: str) -> str:
    return subprocess.run(command.split(), capture_output=True, text=True, check=False).stdout


@pytest.mark.kernel("conntrack", "ipset", "traceroute", "tcpdump")
@pytest.mark.parametrize("path", CLUSTERS, ids=lambda path: path.stem)
def test_the_tools_say_it_still(path: Path) -> None:
    for command, version in TOOLS.items():
        if not _version(command).startswith(version):
            pytest.skip(f"the transcripts are those of {version}; here is {_version(command).strip()}")
    kept = [str(each) for each in transcript.read(path)]
    told = [str(each) for each in typed(path, "netns")]
    if told != kept:  # a busy kernel tells late that a new bridge has a carrier (linkwatch): it is asked once more
        told = [str(each) for each in typed(path, "netns")]
    for now, then in zip(told, kept, strict=True):
        assert now == then
