"""Every table that is found: what it prints it reads, in an order of its own; names and files are its alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packetwalk.plan.cluster import Cluster
from packetwalk.tables import LinkEntry, Table, every_table, table_of
from packetwalk.tables.iptables import IPTABLES
from packetwalk.tables.link import LINKS
from packetwalk.walks.network import Network
from tests.tables import strategies

reproducible = settings(derandomize=True, deadline=None, max_examples=20)
HELD = [table for table in every_table() if table.holds]
RECORDED = [table for table in HELD if table.files]


def named(tables: Sequence[Table]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("table", tables, ids=[table.name for table in tables])


class Only(NamedTuple):
    """A namespace that has one table, and the devices that its lines are about."""

    table: Table
    held: list

    def entries(self, table: Table) -> list:
        if table is self.table:
            return self.held
        names = {getattr(each, "dev", "") for each in self.held} - {""}
        return [LinkEntry(name, "veth", 1500, "") for name in sorted(names)] if table is LINKS else []


def printed(table: Table, held: list) -> dict[str, str]:
    return table.printed("here", {"here": Only(table, held)})


@named(RECORDED)
@reproducible
@given(data=st.data())
def test_what_is_printed_is_read(table: Table, data: st.DataObject) -> None:
    held = data.draw(strategies.entries(table))
    text = printed(table, held)
    read = table.read(text)
    seen = strategies.SEEN.get(table.name, list)(held)
    assert Counter(read) == Counter(seen)
    assert set(text) == set(table.files)
    assert printed(table, table.hold(read)) == text


@named(HELD)
@reproducible
@given(data=st.data())
def test_what_is_held_has_one_order_and_one_line_for_each_key(table: Table, data: st.DataObject) -> None:
    written = [*data.draw(strategies.entries(table)), *data.draw(strategies.entries(table))]
    keys = [table.key(each) for each in written]
    held = table.hold(written)
    assert len(held) == keys.count(None) + len(set(keys) - {None})
    last = {key: each for key, each in zip(keys, written, strict=True) if key is not None}
    assert all(last[table.key(each)] == each for each in held if table.key(each) is not None)
    ordered = table.in_order(held)
    assert Counter(ordered) == Counter(held)
    assert table.in_order(ordered) == ordered
    if type(table).in_order is not Table.in_order and None not in map(table.key, held):
        assert table.in_order(data.draw(st.permutations(held))) == ordered
    for each in held:
        assert table_of(each) is table
        assert table.part(each).has(each)
        assert str(each) in [line.lstrip("\t") for line in table.lines([each])]


def test_names_ranks_and_files_are_of_one_table() -> None:
    tables = every_table()
    for values in (
        [table.name for table in tables],
        [table.rank for table in tables],
        [name for table in tables for name in table.files],
        [kind for table in tables for kind in table.holds],
    ):
        assert [value for value, times in Counter(values).items() if times > 1] == []


def test_iptables_in_json_is_what_the_tool_prints() -> None:
    """Built-in chains are there with their policies, which ``iptables-restore`` asks for."""
    ns = Network(Cluster(), "flannel", "vxlan").fabric.netns("kind-worker")
    text = ns.json()["iptables"]
    assert ":FORWARD ACCEPT [0:0]\n" in text and ":FORWARD - " not in text
    assert text.splitlines() == IPTABLES.sections(ns)[0].lines
