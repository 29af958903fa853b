"""Networks by kinds of devices that no plugin of the book makes: two pods on two nodes, the nodes joined by the kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tests.capture.handmade import HandMade

A, B, NODE1, NODE2 = "pod-1", "pod-2", "node-1", "node-2"
PLACES = (A, NODE1, NODE2, B)


def pods(made: HandMade) -> None:
    """Plug a pod into each node, 10.1.1.2 and 10.1.2.2."""
    for pod, node, number in ((A, NODE1, 1), (B, NODE2, 2)):
        made.cable(f"{pod} eth0 10.1.{number}.2/24", f"{node} veth0 10.1.{number}.1/24")
        made.run(f"{pod}: ip route add default via 10.1.{number}.1")


def routed(made: HandMade, dev: str = "eth0", subnet: str = "192.168.7") -> None:
    """Let each node reach the other's pods by a device."""
    made.run(f"{NODE1}: ip route add 10.1.2.0/24 via {subnet}.2 dev {dev}")
    made.run(f"{NODE2}: ip route add 10.1.1.0/24 via {subnet}.1 dev {dev}")


def addressed(made: HandMade, dev: str, subnet: str = "192.168.7") -> None:
    """Give both nodes' devices an address, and put them up."""
    for number, node in enumerate((NODE1, NODE2), 1):
        made.run(f"{node}: ip addr add {subnet}.{number}/24 dev {dev}", f"{node}: ip link set {dev} up")


def vlan(made: HandMade) -> None:
    pods(made)
    made.cable(f"{NODE1} eth0", f"{NODE2} eth0")
    for node in (NODE1, NODE2):
        made.run(f"{node}: ip link add link eth0 name eth0.100 type vlan id 100")
    addressed(made, "eth0.100")
    routed(made, "eth0.100")


def bond(made: HandMade) -> None:
    pods(made)
    made.cable(f"{NODE1} eth0", f"{NODE2} eth0")
    made.cable(f"{NODE1} eth1", f"{NODE2} eth1")
    for node in (NODE1, NODE2):
        made.run(f"{node}: ip link add bond0 type bond mode active-backup")
        for dev in ("eth0", "eth1"):
            made.run(
                f"{node}: ip link set {dev} down",
                f"{node}: ip link set {dev} master bond0",
                f"{node}: ip link set {dev} up",
            )
    addressed(made, "bond0")
    routed(made, "bond0")


def on_card(made: HandMade, *words: str) -> None:
    """Give the second pod a device on its node's card instead of a cable."""
    made.cable(f"{A} eth0 10.1.1.2/24", f"{NODE1} veth0 10.1.1.1/24")
    made.run(f"{A}: ip route add default via 10.1.1.1")
    made.cable(f"{NODE1} eth0 192.168.7.1/24", f"{NODE2} eth0 192.168.7.2/24")
    made.run(f"{NODE2}: ip link add link eth0 name top0 type {' '.join(words)}")
    made.run(f"{NODE2}: ip link set top0 netns @{B} name eth0")
    made.run(f"{B}: ip addr add 192.168.7.9/24 dev eth0", f"{B}: ip link set eth0 up")
    made.run(f"{B}: ip route add default via 192.168.7.1")


def macvlan(made: HandMade) -> None:
    on_card(made, "macvlan", "mode", "bridge")


def ipvlan(made: HandMade) -> None:
    on_card(made, "ipvlan", "mode", "l2")


def multipath(made: HandMade) -> None:
    pods(made)
    made.cable(f"{NODE1} eth0 192.168.7.1/24", f"{NODE2} eth0 192.168.7.2/24")
    made.cable(f"{NODE1} eth1 192.168.8.1/24", f"{NODE2} eth1 192.168.8.2/24")
    made.run(
        f"{NODE1}: ip route add 10.1.2.0/24 nexthop via 192.168.7.2 dev eth0 nexthop via 192.168.8.2 dev eth1"
    )
    made.run(
        f"{NODE2}: ip route add 10.1.1.0/24 nexthop via 192.168.7.1 dev eth0 nexthop via 192.168.8.1 dev eth1"
    )


def tunnel(made: HandMade, *lines: str) -> None:
    """Join the nodes by ``tun0`` on a plain cable; ``ME`` and ``OTHER`` in the command are their addresses."""
    pods(made)
    made.cable(f"{NODE1} eth0 192.168.7.1/24", f"{NODE2} eth0 192.168.7.2/24")
    for node, me, other in ((NODE1, 1, 2), (NODE2, 2, 1)):
        for line in lines:
            made.run(
                f"{node}: " + line.replace("ME", f"192.168.7.{me}").replace("OTHER", f"192.168.7.{other}")
            )
    addressed(made, "tun0", "10.99.0")
    routed(made, "tun0", "10.99.0")


def vxlan(made: HandMade) -> None:
    tunnel(made, "ip link add tun0 type vxlan id 7 dstport 4790 local ME remote OTHER")


def geneve(made: HandMade) -> None:
    tunnel(made, "ip link add tun0 type geneve id 7 remote OTHER")


def gre(made: HandMade) -> None:
    tunnel(made, "ip link add tun0 type gre local ME remote OTHER")


def gretap(made: HandMade) -> None:
    tunnel(made, "ip link add tun0 type gretap local ME remote OTHER")


def wireguard(made: HandMade) -> None:
    pods(made)
    made.cable(f"{NODE1} eth0 192.168.7.1/24", f"{NODE2} eth0 192.168.7.2/24")
    public = {}
    for node in (NODE1, NODE2):
        secret = made.inside[node].run(["wg", "genkey"])
        public[node] = made.inside[node].run(["wg", "pubkey"], secret).strip()
        made.run(f"{node}: ip link add tun0 type wireguard")
        made.inside[node].run(
            ["wg", "set", "tun0", "listen-port", "51900", "private-key", "/dev/stdin"], secret
        )
    for node, other, end in ((NODE1, NODE2, 2), (NODE2, NODE1, 1)):
        made.run(
            f"{node}: wg set tun0 peer {public[other]} endpoint 192.168.7.{end}:51900 allowed-ips 0.0.0.0/0"
        )
    addressed(made, "tun0", "10.99.0")
    routed(made, "tun0", "10.99.0")


def vrf(made: HandMade) -> None:
    pods(made)
    made.cable(f"{NODE1} eth0 192.168.7.1/24", f"{NODE2} eth0 192.168.7.2/24")
    for node in (NODE1, NODE2):
        made.run(f"{node}: ip link add red type vrf table 10", f"{node}: ip link set red up")
        made.run(f"{node}: ip link set eth0 master red", f"{node}: ip link set veth0 master red")
    for node, far, via in ((NODE1, 2, 2), (NODE2, 1, 1)):
        made.run(f"{node}: ip route add 10.1.{far}.0/24 via 192.168.7.{via} dev eth0 table 10")


class Kind(NamedTuple):
    """How the nodes are joined, the second pod's address, and whether a walk follows: else it says where it does not."""

    make: Callable[[HandMade], None]
    followed: bool = True
    dst: str = "10.1.2.2"


KINDS: dict[str, Kind] = {
    "vlan": Kind(vlan),
    "bond": Kind(bond),
    "macvlan": Kind(macvlan, dst="192.168.7.9"),
    "ipvlan": Kind(ipvlan, dst="192.168.7.9"),
    "multipath": Kind(multipath),
    "vxlan": Kind(vxlan),
    "wireguard": Kind(wireguard),
    "vrf": Kind(vrf),
    "geneve": Kind(geneve, followed=False),
    "gre": Kind(gre, followed=False),
    "gretap": Kind(gretap, followed=False),
}
