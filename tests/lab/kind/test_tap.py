"""The tap that runs beside a cluster, in real namespaces; what it keeps of a frame."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from packetwalk import wire
from packetwalk.capture.headers import headers_only
from packetwalk.capture.joining.redact import bears
from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.lab.kind.recording.tap import listen
from tests import ROOT
from tests.lab.kind.conftest import SECRET
from tests.waiting import HANGS

MACS = ("02:00:00:00:00:01", "02:00:00:00:00:02")
SECRETS = SECRET.encode()


def _frame(*headers: wire.Header) -> bytes:
    return wire.encode((wire.Ethernet(*MACS), *headers))


TCP = (wire.Ipv4("10.244.1.2", "10.244.2.2", 6), wire.Tcp(40000, 80, 1, 1, "PA", 64000))
UDP = (wire.Ipv4("172.18.0.3", "172.18.0.4", 17),)
FRAMES = {
    "TCP": _frame(*TCP, wire.Data(SECRETS)),
    "ping": _frame(wire.Ipv4("10.0.0.1", "10.0.0.2", 1), wire.Icmp(8, 0, 1, 1), wire.Data(SECRETS)),
    "inside VXLAN": _frame(*UDP, wire.Udp(50000, 8472), wire.Vxlan(1), wire.Ethernet(*MACS), *TCP, wire.Data(SECRETS)),
    "words on VXLAN's port": _frame(*UDP, wire.Udp(50000, 4789), wire.Data(SECRETS * 3)),
    "words on WireGuard's port": _frame(*UDP, wire.Udp(50000, 51820), wire.Data(SECRETS * 3)),
    "a first fragment": _frame(wire.Ipv4("10.0.0.1", "10.0.0.2", 17, mf=True), wire.Data(bytes(8) + SECRETS)),
    "a later fragment": _frame(wire.Ipv4("10.0.0.1", "10.0.0.2", 17, offset=1480), wire.Data(SECRETS)),
    "quoted in an error": _frame(
        wire.Ipv4("10.0.0.1", "10.0.0.2", 1), wire.Icmp(3, 4, 0, 1400),
        wire.Data(wire.encode((*TCP, wire.Data(SECRETS)))),
    ),
    "padding": _frame(*TCP) + SECRETS,
    "no known header": b"\x02" * 12 + b"\x99\x99" + SECRETS,
    "not a frame": SECRETS[:13],
}  # fmt: skip


@pytest.mark.parametrize("name", FRAMES)
def test_nothing_of_what_was_said_is_kept(name: str) -> None:
    kept = headers_only(FRAMES[name])
    assert len(kept) == len(FRAMES[name])
    for size in (8, 6):
        parts = [SECRETS[at : at + size] for at in range(len(SECRETS) - size)]
        assert name == "not a frame" or not any(part in kept for part in parts)


def test_headers_are_kept_as_they_were() -> None:
    whole, kept = wire.decode(FRAMES["inside VXLAN"]), wire.decode(headers_only(FRAMES["inside VXLAN"]))
    assert kept[:-1] == whole[:-1] and set(kept[-1]) == {bytes(len(SECRETS))}
    quoted = wire.decode(headers_only(FRAMES["quoted in an error"]))[-1]
    assert isinstance(quoted, wire.Data)
    assert wire.Ipv4.decode(quoted.content, 0, len(quoted.content))[0].src == "10.244.1.2"


@pytest.mark.parametrize(("protocol", "size"), [(1, 8), (17, 8), (6, 32), (47, 0)])
def test_a_first_fragment_keeps_the_header_it_begins_with(protocol: int, size: int) -> None:
    """It says to which conversation the whole belongs: an echo request, or its answer."""
    data = bytes([8] * 12) + b"\x80" + bytes([7] * 100)
    frame = _frame(wire.Ipv4("10.0.0.1", "10.0.0.2", protocol, mf=True), wire.Data(data))
    assert headers_only(frame)[34:] == data[:size] + bytes(len(data) - size)


def test_frames_of_others_are_not_taken() -> None:
    assert bears(FRAMES["inside VXLAN"], {"10.244.1.2"}) and not bears(FRAMES["TCP"], {"10.244.1.3"})
    assert bears(FRAMES["a later fragment"], {"10.9.9.9"}), "nobody knows whose it is"
    assert bears(FRAMES["TCP"], set())


@pytest.fixture
def pair() -> Iterator[dict[str, str]]:
    """Two namespaces with a cable and addresses; their paths."""
    one, other = Namespace("one"), Namespace("other")
    try:
        for each in (one, other):
            each.run(["sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1"], check=False)
        one.run(["ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", other.path])
        for each, address in ((one, "10.9.0.1/24"), (other, "10.9.0.2/24")):
            each.run(["ip", "addr", "add", address, "dev", "eth0"])
            each.run(["ip", "link", "set", "eth0", "up"])
        yield {"one": one.path, "other": other.path}
    finally:
        one.close()
        other.close()


def _request(pair: dict[str, str], **changes: object) -> dict:
    send = {"name": "it", "src": "one", "dst": "10.9.0.2", "dport": 0, "proto": "icmp", "size": 56, "df": False, "ttl": 64, "sport": 40000}  # fmt: skip
    request = {"namespaces": pair, "send": send, "seconds": 0, "addresses": ["10.9.0.1"], "payload": True}
    return {**request, **changes}


def _icmp(answer: dict) -> list[tuple]:
    assert answer["lost"] == {}
    frames = [(*frame[:3], wire.decode(bytes.fromhex(frame[4]))) for frame in answer["frames"]]
    return [(*where, stack) for *where, stack in frames if any(isinstance(h, wire.Icmp) for h in stack)]


@pytest.mark.kernel
def test_one_packet_is_seen_at_each_device_it_crosses(pair: dict[str, str]) -> None:
    seen = _icmp(listen(_request(pair)))
    assert [each[:3] for each in seen] == [
        ("one", "eth0", "out"),
        ("other", "eth0", "in"),
        ("other", "eth0", "out"),
        ("one", "eth0", "in"),
    ]
    assert seen[0][3][-1] == wire.Data(bytes(range(56)))


@pytest.mark.kernel
def test_without_payload_only_headers_leave_the_machine(pair: dict[str, str]) -> None:
    seen = _icmp(listen(_request(pair, payload=False)))
    assert len(seen) == 4 and all(each[3][-1] == wire.Data(bytes(56)) for each in seen)


@pytest.mark.kernel
def test_it_answers_as_the_program_that_it_is_there(pair: dict[str, str]) -> None:
    argv = [
        sys.executable,
        "-S",
        "-m",
        "packetwalk.lab.kind.recording.tap",
    ]  # -S: no package beyond the standard library
    run = subprocess.run(
        argv,
        check=False,
        input=json.dumps(_request(pair)),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=HANGS,
    )
    assert run.returncode == 0, run.stderr
    assert len(_icmp(json.loads(run.stdout))) == 4
    gone = _request({"one": "/proc/1/ns/nowhere"})
    run = subprocess.run(
        argv, check=False, input=json.dumps(gone), capture_output=True, text=True, cwd=ROOT, timeout=HANGS
    )
    assert run.returncode == 2 and run.stderr.count("\n") == 1 and "nowhere" in run.stderr


@pytest.mark.kernel
def test_listening_sends_nothing(pair: dict[str, str]) -> None:
    answer = listen(_request(pair, send=None, seconds=0.3, addresses=[]))
    assert _icmp(answer) == []
