"""Every command the labs use, in the model and in real network namespaces: the same text, the same code."""

from __future__ import annotations

import re

import pytest

from packetwalk import lab
from tests.lab_grounds.needs import needs_netns
from tests.labs.test_labs import clean

pytestmark = needs_netns
UNORDERED = re.compile(r"ip neigh|bridge fdb")  # the kernel prints these by a random hash
MULTICAST = re.compile(r"^(33:33|01:00:5e).*\n", re.MULTILINE)  # who listens to which group: not modelled

COMMANDS = {  # in this order, on one cluster
    "a": """
        ip link
        ip link show eth0
        ip -br link
        ip addr
        ip addr show dev eth0
        ip -br addr
        ip route
        ip route show default
        ip route show 10.244.0.0/16
        ip route show table local
        ip route get 10.244.1.2
        ip route get 10.244.1.1
        ip route get b
        ip route get 10.244.2.2
        ip route get 1.2.3.4.5
        ip route flush cache
        ip route del 10.9.9.0/24
        ip route add default via 10.244.1.1
        ip route add 10.9.0.0/16 via 10.7.7.7
        ip route add 10.9.0.0/16 via 10.244.1.1
        ip route show 10.9.0.0/16
        ip route replace 10.9.0.0/16 via 10.244.1.3
        ip route
        ip route del 10.9.0.0/16
        ip link show nodev
        ip link set nodev mtu 1000
        ip link set eth0 mtu 99999999
        ip link set eth0 mtu 1400
        ip link show eth0
        ip link set eth0 mtu 1450
        ip rule
        ip foo
        nosuch -x
        ping -c 1 b
        ping -c 2 -i 0.2 b
        ping -c 1 -s 1472 -M do b
        ping -c 1 -s 1422 -M do b
        ping -c 1 -s 3000 b
        ping -c 1 -t 1 b
        ping -c 1 -t 2 b
        ping -c 1 -W 1 10.244.1.77
        ping -c 1 10.244.2.77
        ping -c 1 -W 1 1.2.3.4
        ping -c 1 web
        ping
        ping -c 1 nohost
        traceroute -n internet
        traceroute -n b
        traceroute -n -m 4 -w 1 -q 1 10.244.2.77
        curl -sS http://web/hostname
        curl -sS http://web/clientip
        curl -sS http://near/clientip
        curl -sS http://b:8080/clientip
        curl -sS -m 2 http://b:9/
        curl -sS -m 1 http://10.244.2.77/
        curl -sS -m 1 http://1.2.3.4/
        ip route del default
        ping -c 1 internet
        ping -c 1 b
        traceroute -n internet
        curl -sS -m 1 http://internet/
        ip route add default via 10.244.1.1
        ping -c 1 internet
    """,
    "kind-worker": """
        ip link
        ip -d link show flannel.1
        ip addr show cni0
        ip addr
        ip route
        ip route get 10.244.2.2
        ip route show dev flannel.1
        ip neigh show dev flannel.1
        bridge fdb show dev flannel.1
        bridge fdb show br cni0
        bridge fdb del 00:11:22:33:44:55 dev flannel.1 dst 172.18.0.4
        bridge fdb append 00:11:22:33:44:55 dev flannel.1 dst 172.18.0.4
        bridge fdb add 00:11:22:33:44:55 dev flannel.1 dst 172.18.0.4
        bridge fdb show dev flannel.1
        bridge fdb del 00:11:22:33:44:55 dev flannel.1 dst 172.18.0.4
        ip link set dev flannel.1 address 02:00:00:00:00
        ip link set dev flannel.1 address zz
        ip neigh add 10.244.9.0 lladdr 00:11:22:33:44:66 dev flannel.1
        ip neigh show dev flannel.1
        ip neigh del 10.244.9.0 dev flannel.1
        ip neigh del 10.244.9.0 dev flannel.1
        iptables -S FORWARD
        iptables -I FORWARD -s 10.244.1.2 -p udp --dport 53 -j DROP
        iptables -A OUTPUT -p icmp -j DROP
        iptables -S OUTPUT
        iptables -S FORWARD
        ping -c 1 -W 1 10.244.2.2
        iptables -D OUTPUT -p icmp -j DROP
        iptables -D FORWARD -s 9.9.9.9 -j DROP
        iptables -D FORWARD -s 10.244.1.2 -p udp --dport 53 -j DROP
        ping -c 1 10.244.2.2
        iptables-save -t nat
        iptables-save -t filter
        iptables -t nat -S KUBE-SERVICES
        sysctl net.ipv4.ip_forward
        sysctl -w net.ipv4.ip_forward=0
        sysctl net.ipv4.ip_forward
        sysctl -w net.ipv4.ip_forward=1
        ip link set dev flannel.1 address 02:00:00:00:00:98
        ip -br link show flannel.1
        ip neigh show dev flannel.1
        ping -c 1 -W 1 10.244.2.2
    """,
}


def comparable(command: str, text: str) -> list[str]:
    """Return the lines that must be the same; the model's bridges forget what they learnt after each command."""
    lines = clean(MULTICAST.sub("", text)).splitlines()
    if command.startswith("bridge fdb show br"):
        lines = [line for line in lines if line.endswith("permanent")]
    return sorted(lines) if UNORDERED.search(command) else lines


@pytest.fixture(scope="module")
def both():
    with (
        lab.open("flannel", "vxlan", ground="model") as model,
        lab.open("flannel", "vxlan", ground="netns") as kernel,
    ):
        yield model, kernel


@pytest.mark.parametrize(
    ("place", "command"),
    [(place, line.strip()) for place, text in COMMANDS.items() for line in text.strip().splitlines()],
)
def test_the_same_words(both, place: str, command: str) -> None:
    said = [(each.pod if place in each.pods else each.node)(place).run(command) for each in both]
    mine, theirs = (comparable(command, each.text) for each in said)
    if said[1].code == 127:
        assert said[0].code == 127
        return
    assert mine == theirs
    assert said[0].code == said[1].code
