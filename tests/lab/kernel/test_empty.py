"""What is known without a program to be empty is what the program prints nothing of, and nothing else is."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from packetwalk.lab.kernel import record
from packetwalk.lab.kernel.empty import PRINTS_NOTHING
from packetwalk.lab.kernel.namespaces import Namespace

pytestmark = pytest.mark.kernel("nft", "conntrack")
RULESET = ("nft", "list", "ruleset")


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    made = Namespace("here")
    yield made
    made.close()


def _to_itself() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"x", ("127.0.0.1", 9))


def test_a_fresh_namespace_prints_nothing(namespace: Namespace) -> None:
    for command, empty in PRINTS_NOTHING.items():
        assert namespace.run(list(command)) == ""
        assert namespace.inside(empty), command


def test_a_table_and_a_connection_are_printed(namespace: Namespace) -> None:
    namespace.run(["ip", "link", "set", "lo", "up"])
    namespace.run(["iptables", "-A", "OUTPUT", "-m", "conntrack", "--ctstate", "NEW"])
    namespace.inside(_to_itself)
    for command, empty in PRINTS_NOTHING.items():
        assert not namespace.inside(empty), command
        assert namespace.run(list(command))
    files = record.tables(namespace)
    assert "dport=9" in files["conntrack.txt"] and "chain OUTPUT" in files["nft.txt"]


def test_one_empty_table_is_not_none(namespace: Namespace) -> None:
    namespace.run(["nft", "add", "table", "ip", "t"])
    assert not namespace.inside(PRINTS_NOTHING[RULESET])
    assert record.tables(namespace)["nft.txt"] == namespace.run(list(RULESET))
