"""A mistyped command leaves the cluster as it was, and is answered in lines, never by a traceback."""

from __future__ import annotations

from random import Random

import pytest

from packetwalk import lab
from packetwalk.errors import BadInput
from packetwalk.lab.grounds.ground import Ground
from packetwalk.tables import every_table
from tests.shell import transcript

MISTYPED = transcript.HERE / "flannel-vxlan.mistyped.txt"
WORST = (
    "iptables -I INPUT --dport 8472 -j ACCEPT",
    "iptables -A FORWARD -j",
    "bridge fdb replace 66:b8:bc:9e:b2:ff dev flannel.1 dst 999.1.1.1",
    "ip route add 10.9.0.0/24 via nohost dev flannel.1 onlink",
    "ip route add 10.9.0.0/24 dev eth0 metric x",
    "ip route add 10.9.0.0/24 via 172.18.0.2 mtu lock x",
    "sysctl -w net.ipv4.ip_forward=abc",
)
"""After some of these every listing and every packet was once a traceback."""


def everything(cluster: Ground) -> dict[str, list[str]]:
    """Return all tables of all nodes and pods as they are printed, without what packets teach."""
    return {
        name: [str(entry) for table in every_table() for entry in cluster.state.netns(name).entries(table)]
        for name in (*cluster.nodes, *cluster.pods)
    }


def test_what_fails_changes_nothing() -> None:
    with lab.open("flannel", "vxlan", ground="model") as cluster:
        was, failed = everything(cluster), 0
        for said in transcript.read(MISTYPED):
            place = (cluster.pod if said.place in cluster.pods else cluster.node)(said.place)
            came = place.run(said.command)
            assert "Traceback" not in came
            now = everything(cluster)
            assert came.code == 0 or now == was, said.prompt
            failed += came.code != 0
            was = now
        assert failed >= 240


@pytest.mark.parametrize("line", WORST)
def test_the_next_packet_goes_its_way(line: str) -> None:
    with lab.open("flannel", "vxlan", ground="model") as cluster:
        assert not cluster.node("kind-worker").run(line).ok
        assert cluster.pod("a").ping("b").ok
        for listing in ("ip route", "ip neigh", "bridge fdb", "iptables-save"):
            assert cluster.node("kind-worker").run(listing).ok


ODD = [
    "",
    "-",
    "--",
    "x",
    "0",
    "-1",
    "99999999999",
    "1.2.3.4/33",
    "::1",
    "\u0663",
    "0x",
    "!",
    "%s",
    "[",
    "\\",
    "-n",
    "'",
]


def mistaken(command: str, words: list[str], chance: Random) -> str:
    """Return a command with a word or a letter too many, too few, or another one."""
    typed = command.split()
    for _ in range(chance.choice((1, 1, 2, 3))):
        place, how = chance.randrange(len(typed)), chance.randrange(4)
        if how == 0 and len(typed) > 1:
            del typed[max(place, 1)]
        elif how == 1:
            typed.insert(place + 1, chance.choice(words))
        elif how == 2 and typed[place]:
            letter = chance.randrange(len(typed[place]))
            typed[place] = typed[place][:letter] + typed[place][letter + 1 :]
        elif place:
            typed[place] = chance.choice(words)
    return " ".join(typed)


def test_no_slip_breaks_the_cluster() -> None:
    """Slips of the usual commands, drawn from a seed: what fails changes nothing, and nobody is surprised."""
    said = [each for path in transcript.HERE.glob("flannel-*.txt") for each in transcript.read(path)]
    words = [*ODD, *(word for each in said for word in each.command.split())]
    chance = Random(11)
    with lab.open("flannel", "vxlan", ground="model") as cluster:
        start, was = cluster.state.snapshot(), everything(cluster)
        for number in range(800):
            each = chance.choice(said)
            place = (cluster.pod if each.place in cluster.pods else cluster.node)(each.place)
            command = mistaken(each.command, words, chance)
            try:
                came = place.run(command)
            except BadInput as error:
                assert "\n" not in str(error)
                continue
            now = everything(cluster)
            assert came.code == 0 or now == was, command
            surprised = "does not know how to do" in came and "is not known)" not in came
            assert not surprised, f"{command}: {came}"
            was = now
            if number % 20 == 19:
                for listing in (
                    "ip route",
                    "ip neigh",
                    "bridge fdb",
                    "iptables-save",
                    "iptables -nvL",
                    "ip -d link",
                ):
                    cluster.node("kind-worker").run(listing)
                cluster.pod("a").ping("b")
                cluster.state.restore(start)
                was = everything(cluster)
