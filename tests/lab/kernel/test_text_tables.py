"""Tables as text are the tables that ``-j`` prints, of iproute2 and of busybox."""

from __future__ import annotations

import shutil
from collections.abc import Mapping

import pytest

from packetwalk.capture.recording import COMMANDS
from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.tables import Entry, Table, every_table
from packetwalk.tables.link import LINKS
from packetwalk.tables.text import told
from tests.missing import missing

ASKED = {
    "link.txt": ["ip", "-d", "link"],
    "addr.txt": ["ip", "addr"],
    "route.txt": ["ip", "route", "show", "table", "all"],
    "rule.txt": ["ip", "rule"],
    "neigh.txt": ["ip", "neigh"],
}
TOLD = ("link.json", "port.json", "addr.json", "route.json", "rule.json", "neigh.json")
MADE = """
ip link set lo up
ip link add br0 type bridge
ip link add v0 type veth peer name v1
ip link set v0 master br0 up
ip link set v1 alias vxlan
ip link set v1 up
ip link set br0 up
ip addr add 10.1.1.1/24 brd + dev br0
ip addr add 10.1.1.2/24 dev br0
ip addr add 10.2.0.1 peer 10.2.0.2/30 dev v1
ip link add vx mtu 1400 type vxlan id 7 dstport 8472 local 10.1.1.1 dev br0 nolearning
ip link set vx up
ip addr add 10.3.0.1/32 dev vx
ip link add d0 type dummy
bridge link set dev v0 hairpin on learning off
ip route add 10.4.0.0/24 via 10.9.9.9 dev vx onlink mtu 1300
ip route add blackhole 10.5.0.0/24 proto 80
ip route add unreachable 10.6.0.0/24 metric 1024
ip route add 10.8.0.0/24 via 10.1.1.7 src 10.1.1.1 table 100
ip route add default via 10.1.1.9
ip neigh add 10.9.9.9 lladdr 02:00:00:00:00:01 dev vx nud permanent
ip neigh add 10.1.1.8 dev br0 nud failed
ip rule add fwmark 0x4/0xf table 100 pref 50
ip rule add not from 10.1.1.1 to 10.2.0.0/16 iif br0 lookup 100 pref 51
"""


@pytest.fixture(scope="module")
def namespace() -> Namespace:
    made = Namespace("text")
    for line in MADE.strip().splitlines():
        made.run(line.split(), check="dummy" not in line)
    return made


def asked(namespace: Namespace, commands: Mapping[str, list[str]]) -> dict[str, str]:
    return {file: namespace.run(argv) for file, argv in commands.items()}


def lines(table: Table[Entry], files: Mapping[str, str]) -> list[Entry]:
    return sorted(table.read(files), key=str)


@pytest.mark.kernel("ip")
def test_iproute2_says_the_same_in_text(namespace: Namespace) -> None:
    objects = asked(namespace, {file: [*COMMANDS[file]] for file in TOLD})
    texts = told(asked(namespace, ASKED))
    for table in every_table():
        if table.files and set(table.files) <= set(TOLD):
            assert lines(table, texts) == lines(table, objects), table.name
            assert lines(table, objects), table.name


@pytest.mark.kernel("ip")
def test_busybox_says_the_same_but_for_what_it_cannot_tell(namespace: Namespace) -> None:
    if shutil.which("busybox") is None:
        missing("busybox is not installed")
    objects = asked(namespace, {file: [*COMMANDS[file]] for file in TOLD})
    commands = {file: ["busybox", *(word for word in argv if word != "-d")] for file, argv in ASKED.items()}
    texts = told(asked(namespace, commands))
    for table in every_table():
        if table is LINKS or not table.files or not set(table.files) <= set(TOLD):
            continue
        ours, theirs = ([line(each) for each in lines(table, files)] for files in (texts, objects))
        assert sorted(ours) == sorted(theirs), table.name


def line(entry: Entry) -> str:
    """Return a line without what busybox does not print: protocols, the MTU of a route, and ``not`` of a rule."""
    words = str(entry).replace("not from", "from").split()
    for name in ("proto", "mtu", "lock"):
        if name in words:
            at = words.index(name)
            del words[at : at + 1 + (name != "lock")]
    return " ".join(words)
