"""What releases of kube-proxy write of the same Services: recorded, and the plan of each held to it, line for line."""

from __future__ import annotations

import json
import re
from itertools import combinations

import pytest

from packetwalk.lab.proving.real import planned
from packetwalk.lab.proving.real.ground import Held
from packetwalk.lab.proving.real.lines import Lines, differences, lines, written
from packetwalk.plan.kube_proxy_releases import MEANT, RECORDED, RELEASES, ProxyRelease, differing
from packetwalk.plan.rules import IPTABLES, NFTABLES, RULES
from tests.lab.proving.real.record import held, manifests_of
from tests.lab.proving.real.releases import FOLDER, PINNED, releases, version

RUN = [each for each in RELEASES if each.evidence == RECORDED]
OWN = ("kubernetes", "marker")
"""Services that an API server has by itself, and that which tells when a kube-proxy has written."""


def listing(release: ProxyRelease, mode: str) -> str:
    return (FOLDER / release.number / f"{mode}.txt").read_text()


def recorded(release: ProxyRelease, mode: str) -> Lines:
    return lines(written(mode, listing(release, mode)))


def told(release: ProxyRelease, mode: str) -> Held:
    """Return what the API server held: the Services of the manifests, its own, and the marker as it stood then."""
    mark = re.search(r"10\.96\.255\.254 \. tcp \. (\d+)|packetwalk/marker -> 192\.0\.2\.1:(\d+)", listing(release, mode))
    assert mark
    own = json.loads(re.sub(r"\b10[23]\d\b", mark[1] or mark[2], json.dumps(held("affinity"))))
    made = manifests_of(FOLDER / "services.yaml")

    def every(kind: str, known: list[dict]) -> list[dict]:
        kept = [each for each in known if each["metadata"]["name"].startswith(OWN)]
        return [*(each for each in made if each["kind"] == kind), *kept]

    services, slices, labels = own
    named = {each["metadata"]["name"]: each["metadata"]["labels"] for each in made if each["kind"] == "Node"}
    return Held(every("Service", services), every("EndpointSlice", slices), {**labels, **named})


@pytest.mark.parametrize("mode", RULES)
@pytest.mark.parametrize("release", RUN, ids=lambda each: each.number)
def test_the_plan_of_a_release_says_what_it_wrote(release: ProxyRelease, mode: str) -> None:
    real = recorded(release, mode)
    assert "default/sources-lb" in str(real)
    assert [*differences(planned(mode, told(release, mode), RULES.index(mode), release.habits), real)] == []


@pytest.mark.parametrize(("one", "other"), [*combinations(RUN, 2)], ids=lambda each: each.number)
def test_recordings_differ_where_habits_do(one: ProxyRelease, other: ProxyRelease) -> None:
    assert [*differences(recorded(one, IPTABLES), recorded(other, IPTABLES))] == []
    by_nftables = [*differences(recorded(one, NFTABLES), recorded(other, NFTABLES))]
    assert bool(by_nftables) == (one.habits != other.habits)


def test_what_is_said_to_be_recorded_is() -> None:
    there = {name for name in releases() if all((FOLDER / name / f"{mode}.txt").exists() for mode in RULES)}
    assert {each.number for each in RUN} == there
    assert {each.number for each in RELEASES} == {*releases()}
    assert (MEANT.number, {each.number: each.version for each in RELEASES}) == (
        PINNED,
        {name: version(name) for name in releases()},
    )


def test_of_releases_that_are_alike_one_is_walked() -> None:
    assert [each.number for each in differing(IPTABLES)] == [PINNED]
    assert [each.number for each in differing(NFTABLES)] == ["1.36", "1.37", "1.35"]
    oldest = RELEASES[-1]
    assert [each.number for each in differing(NFTABLES, oldest)] == ["1.34", "1.36", "1.37"]
