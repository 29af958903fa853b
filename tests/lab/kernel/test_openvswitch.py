"""The messages to an Open vSwitch datapath; that a kernel understands them is shown in a guest's."""

from __future__ import annotations

import struct

import pytest

from packetwalk.errors import LabError
from packetwalk.lab.kernel import openvswitch, xfrm
from packetwalk.lab.kernel.genetlink import Generic
from packetwalk.lab.kernel.netlink import attribute, attributes, text
from packetwalk.lab.kernel.openvswitch import Action
from packetwalk.tables import TunnelKey, XfrmStateEntry


def test_attributes_are_padded_and_keep_their_length() -> None:
    message = text(3, "vxlan-6784") + attribute(1, 7) + attribute(5, b"")
    assert len(message) % 4 == 0
    assert attributes(message) == {3: b"vxlan-6784\0", 1: struct.pack("=I", 7), 5: b""}


def test_a_tunnel_key_is_set_before_the_frame_goes_out() -> None:
    key = TunnelKey(0xCA8F3F, "172.18.0.3", "172.18.0.4")
    actions = openvswitch._actions([Action(2, key), Action(1)])
    first, then = attributes(actions), actions[-8:]
    tunnel = attributes(attributes(first[openvswitch.SET_KEY])[openvswitch.KEY_TUNNEL])
    assert tunnel[openvswitch.TUN_ID] == bytes.fromhex("0000000000ca8f3f")
    assert tunnel[openvswitch.TUN_TTL] == b"\x40" and openvswitch.TUN_DF in tunnel
    assert attributes(then) == {openvswitch.OUTPUT: struct.pack("=I", 1)}
    assert openvswitch._tunnel(openvswitch._tunnel_key(key)) == key


def test_a_family_that_the_kernel_lacks_is_one_line() -> None:
    with Generic() as asked, pytest.raises(LabError, match=r"^family nobody: No such file or directory$"):
        asked.family("nobody")


def test_both_ends_of_a_security_association_have_one_key_and_another_has_another() -> None:
    one = XfrmStateEntry("172.18.0.3", "172.18.0.4", 0xC0000001)
    key = xfrm.state(one)[-2]
    assert len(key) == 2 + 2 * 36 and xfrm.state(one)[-2] == key
    assert xfrm.state(one._replace(spi=0xC0000002))[-2] != key
