"""The plans' tables are those that the real programs wrote; what is not so is listed with its reason, and occurs."""

from __future__ import annotations

from functools import cache

import pytest

from packetwalk.plan.rules import IPTABLES, NFTABLES
from tests.proof.real.compare import Compared, compare
from tests.proof.real.known import FILTERS, REAL
from tests.proof.real.recording import FOLDER, SETUPS, RealRecording


@cache
def compared(name: str) -> list[Compared]:
    return list(compare(RealRecording(name)))


@pytest.mark.parametrize("name", SETUPS)
def test_every_table_is_as_recorded(name: str) -> None:
    assert [f"{x.netns} {x.table}: {line}" for x in compared(name) for line in x.differences] == []


@pytest.mark.parametrize("name", SETUPS)
def test_what_is_listed_occurs(name: str) -> None:
    found = set().union(*(x.known for x in compared(name)))
    assert found == {known for known, about in REAL.items() if name in about["recordings"]}


@pytest.mark.parametrize("name", SETUPS)
def test_nothing_is_left_out(name: str) -> None:
    tables = {(x.netns, x.table) for x in compared(name)}
    nodes = {"n1", "n2", "n3"}
    if SETUPS[name].partly:
        kept = ("ipset", "iptables/mangle", "iptables/nat", "iptables/filter")
        assert tables == {(node, table) for node in ("n1", "n2") for table in kept}
        return
    for netns in nodes | set(SETUPS[name].pods):
        assert {(netns, table) for table in ("link", "addr", "route", "rule", "neigh")} <= tables
    native = {"nft"} if NFTABLES in (SETUPS[name].rules, SETUPS[name].plugin_rules) else set()
    saved = {f"iptables/{table}" for table in ("nat", "filter")}
    expected = native | (saved if IPTABLES in (SETUPS[name].rules, SETUPS[name].plugin_rules) else set())
    for node in nodes:
        assert {(node, table) for table in expected} <= tables
        if SETUPS[name].plugin == "weave":
            own = ("ipset", "capture", "connections", "peers", "unicast", "broadcast", "ipam")
            assert {(node, table) for table in own} <= tables
    if SETUPS[name].plugin == "weave":
        assert {(pod, "iptables/filter") for pod in SETUPS[name].pods} <= tables


def test_every_file_is_compared() -> None:
    assert {path.name for path in FOLDER.glob("*.gz")} == {f"{name}.json.gz" for name in SETUPS}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 200_000


def test_every_reason_is_code() -> None:
    assert FILTERS.keys() == REAL.keys()
    assert all(about["reason"] for about in REAL.values())
