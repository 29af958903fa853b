"""Weaver's encrypted sleeve as a stand-in: real boxes, of the recorded router's form, and the model's frames."""

from __future__ import annotations

import importlib.util

import pytest

from packetwalk.cni import plugins
from packetwalk.lab.kernel import abilities
from packetwalk.lab.kernel.emulators import secretbox
from packetwalk.lab.kernel.inventory import operations
from packetwalk.lab.proving.cases import cases
from packetwalk.lab.proving.prove import ProveTask
from packetwalk.walks.scenario import network

ME, PEER = bytes.fromhex("7a0000000001"), bytes.fromhex("7a0000000002")
RECORD = ME + PEER + (98).to_bytes(2) + bytes(98)  # a ping of 56 bytes, as weaver hands it on
needs_kernel = pytest.mark.kernel("ipset")


def test_a_box_has_the_form_of_the_real_routers() -> None:
    """Of a ping that Weave Net's own router sent encrypted: UDP payload 142, DF and number 3 in the clear."""
    mine = secretbox.PeerCipher(ME, PEER, dialled=True)
    sent = [mine.closed(RECORD, df=True) for _ in range(3)]
    assert {len(ME + each) for each in sent} == {142}
    assert sent[2][:8].hex() == "8000000000000003"
    assert mine.closed(RECORD, df=False)[:8].hex() == "0000000000000001"


def test_only_the_other_end_can_open_it() -> None:
    mine, theirs = secretbox.PeerCipher(ME, PEER, dialled=True), secretbox.PeerCipher(PEER, ME, dialled=False)
    closed = mine.closed(RECORD, df=True)
    assert theirs.opened(closed) == RECORD and RECORD not in closed
    assert mine.opened(closed) == b""  # the nonce says who sent it
    assert secretbox.PeerCipher(PEER, b"nobody", dialled=False).opened(closed) == b""
    assert theirs.opened(closed[:-1] + bytes([closed[-1] ^ 1])) == theirs.opened(b"") == b""


@needs_kernel
def test_its_frames_and_its_walk_are_the_models() -> None:
    weave = plugins()["weave"]
    whole = next(cases(weave, weave.mode("sleeve-encrypted")))
    across = whole._replace(trials=tuple(each for each in whole.trials if each.scenario == "cross-node"))
    results = ProveTask(across)()
    assert [each.detail for each in results if each.verdict != "proven"] == []
    assert [each.what for each in results] == [
        "tables", "cross-node-icmp", "cross-node-udp", "cross-node-tcp", "cross-node-icmp-3000"
    ]  # fmt: skip


def test_without_the_package_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert importlib.util.find_spec("nacl"), "requirements-dev.txt has it"
    monkeypatch.setattr(secretbox, "find_spec", lambda name: None)
    plan = operations(network("weave", "sleeve-encrypted"))
    assert abilities.lacking(plan) == "encryption by weaver (NaCl): Python package PyNaCl missing"
    assert abilities.lacking(operations(network("weave", "sleeve"))) == ""
