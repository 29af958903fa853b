"""Which cases are proven in the page's kernel, and what is kept of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from packetwalk.lab.page import guest, proving
from packetwalk.lab.proving.cases import Case, Trial
from packetwalk.proof import results as proof
from packetwalk.proof.results import Result
from packetwalk.trace.packet import Packet

CASE = Case("flannel", "vxlan", "flat", None, None, (Trial("cross-node", Packet("icmp")),))


def test_what_the_guest_cannot_carry_is_not_proven_there():
    modes = proving.carried()
    assert ("flannel", "wireguard") in modes and ("calico", "ipip") in modes
    assert not {("flannel", "udp"), ("weave", "fastdp"), ("weave", "sleeve")} & set(modes)


@pytest.mark.parametrize(("plugin", "mode"), sorted({each[:2] for each in proof.page()}))
def test_every_cluster_and_fault_of_a_mode_was_proven(plugin: str, mode: str):
    kept = [each for each in proof.page() if (each.plugin, each.mode) == (plugin, mode)]
    assert {each.fault for each in kept} == {case.fault for case in proving.planned(plugin, mode)}
    assert [each for each in kept if each.verdict != "proven"] == []


class Broken:
    """A guest that refuses all."""

    def __init__(self) -> None:
        self.ended = 0

    def prove(self, *_, **__) -> None:
        raise proving.LabError("the kernel in the page: it ended")

    def end(self) -> None:
        self.ended += 1


def test_what_differs_is_done_again_in_a_new_guest(monkeypatch: pytest.MonkeyPatch):
    made: list[Broken] = []
    monkeypatch.setattr(guest, "Guest", lambda: made.append(Broken()) or made[-1])
    found = list(proving.prove([CASE]))
    assert found == [
        Result("flannel", "vxlan", None, "all", "page", "differs", "the kernel in the page: it ended")
    ]
    assert [each.ended for each in made] == [1, 1]


def test_only_the_modes_that_were_done_are_kept_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(proof, "PAGE", tmp_path / "page.json")
    old, other, new = (
        Result("flannel", mode, None, what, "page", "proven")
        for mode, what in (("vxlan", "tables"), ("ipip", "tables"), ("vxlan", "cross-node-icmp"))
    )
    proving.keep([("flannel", "vxlan"), ("flannel", "ipip")], [other, old])
    proving.keep([("flannel", "vxlan")], [new])
    assert proof.page() == [other, new]
    assert json.loads(proof.PAGE.read_text())["kernel"] == guest.kernel()
