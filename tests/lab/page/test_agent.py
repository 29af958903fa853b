"""The agent of the page's guest does jobs in the running kernel, and the page's own comparison judges them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from packetwalk.lab.page import desk
from packetwalk.lab.page.desk import AskedWalk, judged
from packetwalk.lab.page.job import Ask, job
from packetwalk.lab.page.paper import GuestOrder
from packetwalk.lab.proving.cases import usual
from packetwalk.walks.scenario import network, scenario
from tests.lab.page.native import Native

pytestmark = pytest.mark.kernel("gcc", "unshare", "conntrack")


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Native]:
    """An agent, compiled for this machine."""
    with Native(tmp_path_factory.mktemp("agent")) as made:
        yield made


def proven(agent: Native, mode: str, name: str, fault: str | None = None, altered: str = "") -> dict:
    """Return the verdict on a scenario under Flannel."""
    made = network("flannel", mode, fault=fault)
    asks = [Ask(name, usual(scenario(name, made.plugin)))]
    options = {"plugin": "flannel", "mode": mode, "scenario": name}
    return judged(AskedWalk(options, job(made, asks)), agent.prove(made, asks), altered)


@pytest.mark.parametrize(
    ("mode", "name", "fault"),
    [
        ("vxlan", "cross-node", None),
        ("vxlan", "service", None),
        ("host-gw", "internet", None),
        ("vxlan", "cross-node", "missing-fdb"),
    ],
)
def test_it_does_what_the_model_says(agent: Native, mode: str, name: str, fault: str | None):
    found = proven(agent, mode, name, fault)
    assert found["differences"] == []
    assert found["frames"] > 0 and found["places"] > 2


def test_a_model_that_is_wrong_is_noticed(agent: Native):
    found = proven(agent, "vxlan", "cross-node", altered="missing-fdb")
    assert any("cross-node" in each for each in found["differences"])
    assert any(each.startswith("tables: fdb") for each in found["differences"])


def test_what_somebody_changed_is_a_walk_of_the_recording(agent: Native, tmp_path: Path):
    options = json.dumps({"plugin": "flannel", "mode": "vxlan", "scenario": "cross-node", "proto": "udp", "size": 56})
    first = json.loads(desk.order(options))
    agent.do(first["job"].encode())

    def sent(number: int) -> dict:
        task = json.loads(desk.again(options, number))
        assert task["namespaces"] == first["namespaces"] and task["orders"] < first["orders"]
        (tmp_path / "0").write_bytes(agent.do(task["job"].encode()))
        return json.loads(desk.walked(str(tmp_path), '["answer"]', "Linux"))

    found = sent(1)
    assert found["walk"]["disposition"] == "delivered"
    assert found["walk"]["plugin"] == "flannel"
    change = GuestOrder("run", "kind-worker2", ("ip", "link", "set", "flannel.1", "down"))
    agent.do(change.encoded())
    found = sent(2)
    assert found["walk"]["disposition"] != "delivered"
    assert "kind-worker2" in json.dumps(found["walk"])
