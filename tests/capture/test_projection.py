"""A frame as a line: what somebody drew at random is named, whoever's port it is."""

from __future__ import annotations

from packetwalk.capture.projection import DecodedFrame, Reader
from packetwalk.wire import Ethernet, Ipv4, Tcp

POD, NODE = "10.244.82.0", "172.18.0.77"


def told(reader: Reader, src: str, dst: str, tcp: Tcp) -> str:
    ethernet = Ethernet(dst="ee:ee:ee:ee:ee:ee", src="02:00:00:00:00:01", type=0x0800)
    stack = (ethernet, Ipv4(src=src, dst=dst, protocol=6), tcp)
    return reader.line(DecodedFrame("a", "eth0", "out", stack, b"")).rsplit("| ", 1)[1]


def test_ends_with_one_port_are_told_by_their_addresses() -> None:
    """As after ``SNAT --to-source A:8080`` of a connection to port 8080."""
    reader = Reader({}, [8080], ids=False)
    syn, answer = (
        Tcp(sport=8080, dport=8080, seq=5000, flags="S"),
        Tcp(sport=8080, dport=8080, seq=900_000, flags="SA", ack=5001),
    )
    last = Tcp(sport=8080, dport=8080, seq=5001, ack=900_001, flags="A")
    assert "S seq A+0" in told(reader, NODE, POD, syn)
    assert "SA seq B+0 ack A+1" in told(reader, POD, NODE, answer)
    assert "A seq A+1 ack B+1" in told(reader, NODE, POD, last)
