"""Every table's own command is answered, by a program of the shell or by the table."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from packetwalk import lab
from packetwalk.lab.grounds.ground import Ground
from packetwalk.tables import every_table

LISTED = [(table, file) for table in every_table() if not table.hidden for file in table.files]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Ground]:
    with lab.open("calico", "wireguard", ground="model") as made:
        yield made


@pytest.mark.parametrize(("table", "file"), LISTED, ids=[file for _, file in LISTED])
def test_the_shell_prints_each_table(cluster: Ground, table, file: str) -> None:
    """Of a table in one file, what is printed is what the model's namespace holds."""
    printed = cluster.execute("kind-worker", table.files[file])
    assert printed.ok
    if file.endswith(".json"):
        assert isinstance(json.loads(printed), list)
    if len(table.files) == 1 and table.name not in ("neigh", "fdb"):  # which packets teach
        held = cluster.network.fabric.netns("kind-worker").entries(table)
        assert len(table.read({file: printed.text})) >= len(held)


def test_what_is_no_listing_is_refused_as_before(cluster: Ground) -> None:
    assert cluster.execute("kind-worker", ["ip", "xfrm", "policies"]).code == 255
    assert cluster.execute("kind-worker", ["nft", "list", "sets"]).code == 2
