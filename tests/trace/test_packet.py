"""A packet is one value: what it holds, what it cannot be, and who decides a field."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

import packetwalk
from packetwalk.capture import recording
from packetwalk.capture.recording import Probe, Recording, Sent
from packetwalk.errors import BadInput
from packetwalk.trace.packet import FIELDS, LARGEST, PROTOCOLS, Packet, PacketOptions

WRONG = {
    "protocol": ({"proto": "sctp"}, "protocol: 'sctp' is not valid; valid: icmp, udp, tcp"),
    "no word": ({"proto": ["icmp"]}, r"protocol: \['icmp'\] is not valid; valid: icmp, udp, tcp"),
    "empty": ({"size": 0}, "size in bytes: 0 is not valid; valid: 1 to 65507"),
    "too long": ({"proto": "udp", "size": 65508}, "size in bytes: 65508 is not valid; valid: 1 to 65507"),
    "tcp": ({"proto": "tcp", "size": 14481}, "size in bytes: 14481 is not valid; valid: 0 to 14480"),
    "in words": ({"size": "big"}, "size in bytes: 'big' is not valid; valid: 1 to 65507"),
    "true is no size": ({"size": True}, "size in bytes: True is not valid; valid: 1 to 65507"),
    "ttl": ({"ttl": 256}, "ttl: 256 is not valid; valid: 1 to 255"),
    "port": ({"sport": 65536}, "source port: 65536 is not valid; valid: 0 to 65535"),
    "df": ({"df": "no"}, "df: 'no' is not valid; valid: True, False"),
    "cold": ({"cold": 1}, "cold: 1 is not valid; valid: True, False"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_sent_is_one_line(name: str) -> None:
    options, line = WRONG[name]
    for make in (lambda: Packet(**options), lambda: packetwalk.walk("flannel", "vxlan", **options)):
        with pytest.raises(BadInput, match=f"^{line}$"):
            make()


def test_an_option_that_a_packet_has_not_is_one_line() -> None:
    line = f"^option of a packet: 'hops' is not valid; valid: {', '.join(FIELDS)}$"
    with pytest.raises(BadInput, match=line):
        packetwalk.walk("flannel", "vxlan", hops=3)
    with pytest.raises(BadInput, match=line):
        packetwalk.Cluster().use("flannel").send("a", "b", hops=3)
    with pytest.raises(BadInput, match=r"^packet and its fields"):
        packetwalk.Cluster().use("flannel").send("a", "b", Packet(), ttl=3)


def test_keyword_arguments_are_the_fields() -> None:
    assert tuple(PacketOptions.__annotations__) == FIELDS
    assert LARGEST.keys() == PROTOCOLS.keys()
    packet = Packet("udp", 1472, True, 3, True, 4711, 0xB8)
    assert Packet.of(packet.options()) == packet == pickle.loads(pickle.dumps(packet))


def test_what_is_not_given_is_usual() -> None:
    assert Packet() == Packet("icmp", 56, False, 64, False, 40000)
    assert Packet("udp").size == 56 and Packet("tcp").size == 0
    assert [each.label for each in (Packet(), Packet("tcp"), Packet("udp", 9, True))] == [
        "icmp",
        "tcp",
        "udp-9-df",
    ]


def test_the_first_who_names_a_field_decides() -> None:
    best: PacketOptions = {"size": 1472, "df": True}
    assert Packet.of({"size": None, "df": False}, best, {"proto": "udp"}) == Packet("udp", 1472)
    assert Packet.of({}, best, {"proto": "tcp"}) == Packet("tcp", df=True), "a SYN has no data of a ping's"
    assert Packet.of({"size": 9}, best, {"proto": "tcp"}) == Packet("tcp", 9, df=True)


def test_a_recording_keeps_it(tmp_path: Path) -> None:
    packet = Packet("udp", 1472, True, 3, True, 4711, 0xB8)
    probe = Probe("it", "", "192.0.2.1", 53, packet)
    recording.write(Recording({"cold": True}, (), (Sent(*probe, frames=()),)), tmp_path / "it")
    assert recording.read(tmp_path / "it").sent[0].probe == probe
