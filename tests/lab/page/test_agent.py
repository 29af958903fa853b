"""The agent of the page's guest does jobs in the running kernel, and the page's own comparison judges them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from packetwalk.lab.page.desk import AskedWalk, judged
from packetwalk.lab.page.job import Ask, job
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
