"""Lab 3: each patient has one diagnosis, and a healthy cluster has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from packetwalk import lab
from packetwalk.lab.check import load

FILE = Path(__file__).parents[2] / "labs" / "3-broken" / "check.py"
CAUSES = ("route", "neighbour", "forwarding", "firewall", "setting", "mac", "mtu")
RIGHT = {
    1: ("kind-worker", "route"),
    2: ("kind-worker2", "firewall"),
    3: ("kind-worker", "setting"),
    4: ("kind-worker2", "mac"),
}


@pytest.mark.parametrize("ground", ["model", pytest.param("netns", marks=pytest.mark.kernel)])
def test_every_other_diagnosis_is_refused(ground: str) -> None:
    with lab.open("flannel", "vxlan", ground=ground) as cluster:
        checks = load(cluster, FILE)
        every = [(node, cause) for node in cluster.nodes for cause in CAUSES]
        assert all(checks.wrong("1a", each) for each in every), "nothing is wrong yet"
        for number, right in RIGHT.items():
            checks.patient(number)
            assert [each for each in every if not checks.wrong(f"{number}a", each)] == [right], number
            others = [f"{each}a" for each in RIGHT if each != number]
            assert all("is not in" in checks.wrong(step, right)[0] for step in others), number


@pytest.mark.parametrize(
    "answer", ["route", ("kind-worker", "Route"), ("moon", "route"), (), 7, ("kind-worker",)]
)
def test_any_answer_is_met_with_one_line(answer: object) -> None:
    with lab.open("flannel", "vxlan", ground="model") as cluster:
        said = load(cluster, FILE).wrong("1a", answer)
    assert len(said) == 1 and "\n" not in said[0]
