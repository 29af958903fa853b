"""What a tunnel does with a congestion mark on its own packet: no machine of the cluster makes one."""

from __future__ import annotations

import pytest

from packetwalk.datapath import ecn
from packetwalk.wire import Ipv4


def ip(tos: int) -> Ipv4:
    return Ipv4("192.0.2.1", "192.0.2.2", 17, tos=tos)


@pytest.mark.parametrize(
    ("outer", "inner", "after"),
    [(0, 0xB8, 0xB8), (3, 0xB9, 0xBB), (3, 0xBA, 0xBB), (3, 0xBB, 0xBB), (2, 0xB8, 0xB8), (3, 0xB8, None)],
)
def test_a_mark_goes_in_where_the_sender_can_bear_it(outer: int, inner: int, after: int | None) -> None:
    """The table of RFC 6040, figure 4, as ``INET_ECN_decapsulate`` has it: without a mark inside, the packet is lost."""
    assert ecn.inside(ip(outer), ip(inner)) == after
