"""Random clusters in the running kernel: an altered model is found, and what shows it is simple."""

from __future__ import annotations

import hashlib

import pytest

from packetwalk.cli import main
from packetwalk.datapath import ip
from packetwalk.errors import LabError
from packetwalk.lab.proving import search
from tests import ROOT
from tests.lab.proving import alterations

HOST_GW = [("flannel", "host-gw")]
FEW, FEW_DRAWS = 8, 40


@pytest.mark.kernel
def test_a_model_that_takes_two_from_the_time_to_live_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    real = ip.forward

    def wrong(run, ns, skb, dev, route) -> None:
        skb.set_ip(skb.ip._replace(ttl=skb.ip.ttl - 1))
        real(run, ns, skb, dev, route)

    monkeypatch.setattr(ip, "forward", wrong)
    found = next(each for each in search.search(40, "ttl", HOST_GW) if each.difference)
    assert len(found.case.commands) <= 1 and len(found.case.trials) == 1
    assert "ttl" in found.difference


def of_these_sources() -> str:
    """Return a seed that is new whenever the package is: the same change fails everywhere or nowhere."""
    found = hashlib.sha256()
    for path in sorted((ROOT / "packetwalk").rglob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()[:8]


@pytest.mark.kernel("ipset")
@pytest.mark.parametrize("seed", ["the same in every run", "new"])
def test_random_clusters_agree(seed: str) -> None:
    """A few clusters; more are drawn by hand, with the seed that a failure names."""
    seed = of_these_sources() if seed == "new" else seed
    outcomes = list(search.search(FEW, seed, search.modes()))
    shown = f"search.search({FEW}, '{seed}', search.modes())\n{search.text(outcomes)}"
    assert not any(each.difference for each in outcomes), shown


@pytest.mark.kernel
@pytest.mark.parametrize("name", alterations.IN_EVERY_RUN)
def test_an_altered_model_is_found(name: str) -> None:
    """Three of the twenty; ``python -m tests.lab.proving.alterations`` tries all."""
    cases = alterations.drawn(FEW_DRAWS)
    number = next(alterations.differing(name, cases, {}), None)
    assert number is not None, f"not in {FEW_DRAWS} draws"
    with alterations.altered(name):
        assert search.perform(cases[number]).difference


def test_without_hypothesis_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(search, "find_spec", lambda name: None)
    assert main(["prove", "--random", "1"]) == 2
    assert capsys.readouterr().err == (
        "packetwalk: random clusters are drawn by hypothesis: pip install 'packetwalk[random]'\n"
    )


def test_a_number_that_draws_nothing_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--random", "0"]) == 2
    assert "--random: 0 is not valid" in capsys.readouterr().err


def test_a_laboratory_that_fails_is_one_line_and_no_difference(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tried: list[object] = []

    def never_done(case: object) -> None:
        tried.append(case)
        raise LabError("kind-worker: iptables-restore: not done after 20 s")

    monkeypatch.setattr(search, "_perform", never_done)
    monkeypatch.setattr(search, "modes", lambda *_: HOST_GW)
    monkeypatch.setattr("packetwalk.lab.proving.workers.processes", lambda: 1)
    assert main(["prove", "--random", "1", "--seed", "busy"]) == 2
    said = capsys.readouterr().err
    assert said.strip().endswith("kind-worker: iptables-restore: not done after 20 s") and said.count("\n") == 1
    assert len(tried) == 2, "once more, for the machine may have been busy"
