"""Tables as text: what /sys says of devices, what one line alone does not tell, what is no tool's line."""

from __future__ import annotations

import pytest

from packetwalk.tables.link import LINKS
from packetwalk.tables.text import told

DEVICES = """veth1 type 1
veth1 iflink 2
veth1 uevent INTERFACE=veth1
veth1 uevent IFINDEX=5
veth1 brport/hairpin_mode 1
veth1 brport/state 3
br0 type 1
br0 iflink 3
br0 uevent DEVTYPE=bridge
br0 uevent IFINDEX=3
wg0 type 65534
wg0 iflink 7
wg0 uevent DEVTYPE=wireguard
wg0 uevent IFINDEX=7
t0 type 1
t0 tun_flags 0x1002
t0 iflink 8
t0 uevent IFINDEX=8
odd type 65534
odd iflink 9
odd uevent IFINDEX=9
"""
LINK = """3: br0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue qlen 1000
    link/ether 8e:e9:08:cf:b0:0e brd ff:ff:ff:ff:ff:ff
5: veth1@eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue master br0 qlen 1000
    link/ether 06:0d:40:82:78:80 brd ff:ff:ff:ff:ff:ff
7: wg0: <POINTOPOINT,NOARP,UP,LOWER_UP> mtu 1420 qdisc noqueue qlen 1000
    link/[65534]
8: t0: <BROADCAST,MULTICAST> mtu 1500 qdisc noop qlen 1000
    link/ether 06:0d:40:82:78:81 brd ff:ff:ff:ff:ff:ff
9: odd: <POINTOPOINT,NOARP,UP> mtu 1420 qdisc noqueue qlen 1000
    link/[65534]
"""


def test_what_sys_says_of_a_device_is_its_kind_and_how_a_port_behaves() -> None:
    files = told({"link.txt": LINK, "device.txt": DEVICES})
    links = {link.ifname: link for link in LINKS.read(files)}
    assert {name: link.kind for name, link in links.items()} == {
        "br0": "bridge", "veth1": "veth", "wg0": "wireguard", "t0": "tun", "odd": "unknown",
    }  # fmt: skip
    assert links["veth1"].master == "br0" and links["veth1"].hairpin and not links["t0"].up
    assert '"link_index": 2' in files["link.json"] and '"link": "eth0"' not in files["link.json"]


def test_several_next_hops_and_another_family_are_kept_as_json_has_them() -> None:
    text = "10.7.0.0/24 proto static \n\tnexthop via 10.1.1.4 dev br0 weight 1 \n\tnexthop via 10.1.1.5 dev br0 weight 3 \n"
    text += "10.9.0.0/24 via inet6 fe80::1 dev br0 proto static \nfe80::/64 dev br0 metric 256 \n"
    made = told({"route.txt": text})["route.json"]
    assert '"nexthops": [{"gateway": "10.1.1.4", "dev": "br0", "weight": 1' in made
    assert '"via": {"family": "inet6", "host": "fe80::1"}' in made


def test_what_was_printed_with_j_stays() -> None:
    assert told({"neigh.txt": "10.0.0.1 dev eth0 FAILED\n", "neigh.json": "[]"})["neigh.json"] == "[]"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("link.txt", "1: lo mtu 65536\n"),
        ("link.txt", "    link/ether 00:00:00:00:00:00\n"),
        ("addr.txt", "    inet 10.0.0.1/24 scope global eth0\n"),
        ("addr.txt", "1: lo: <UP> mtu 65536 qdisc noqueue\n    inet 10.0.0.1/x scope global eth0\n"),
        ("route.txt", "<html>\n"),
        ("route.txt", "blackhole\n"),
        ("rule.txt", "from all lookup main\n"),
        ("neigh.txt", "10.0.0.1 lladdr 02:00:00:00:00:01 stale\n"),
    ],
)
def test_what_no_tool_prints_is_one_line(file: str, text: str) -> None:
    with pytest.raises(ValueError, match="is no line of it") as error:
        told({file: text})
    assert "\n" not in str(error.value)
