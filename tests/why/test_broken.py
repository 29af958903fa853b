"""Clusters that somebody broke: why says what is to blame, and what it would do mends them in a real kernel."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest

from packetwalk.capture.recording import Recording
from packetwalk.why import why
from tests.why.broken import BROKEN, KNOWN, arrives, damage, healthy, run

ASPECTS = {"cause", "mend", "healthy"}


def question(case: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Return from where and to where is asked, and the packet's fields."""
    rest = dict(case["ask"])
    return rest.pop("from"), rest.pop("to"), rest


def tables_only(recording: Recording) -> Recording:
    """Return a recording without its frames: they would tell where a packet was last seen."""
    return recording._replace(sent=())


@cache
def well(plugin: str, mode: str, rules: str) -> Recording:
    """Return the tables of the cluster that nobody has broken."""
    with healthy({"plugin": plugin, "mode": mode, "rules": rules}) as cluster:
        return tables_only(cluster.capture("a", "b"))


def blamed(case: dict[str, Any], answer: dict[str, Any]) -> bool:
    """Say whether the deciding line, or the change that mends it, is about what is to blame."""
    where, mend = answer["where"] or {}, answer["mend"] or {}
    said = [(where.get("netns"), answer["line"] or "")]
    said += [(mend.get("netns"), " ".join(words)) for words in mend.get("commands", ())]
    return any(
        netns == each["netns"] and re.search(each["words"], text)
        for each in case["blame"]
        for netns, text in said
    )


def judged(case: dict[str, Any]) -> dict[str, str]:
    """Return what is wrong with the answers about a case, by aspect."""
    src, dst, packet = question(case)
    wrong: dict[str, str] = {}
    sound = why(
        well(case["plugin"], case["mode"], case.get("rules", "iptables")), src, dst, **packet
    ).to_json()
    if sound["verdict"] == "does not reach" or sound["line"] or sound["mend"]:
        wrong["healthy"] = str(sound)
    with healthy(case) as cluster:
        damage(cluster, case)
        answer = why(tables_only(cluster.capture(src, dst, **packet)), src, dst, **packet)
        if not blamed(case, answer.to_json()):
            wrong["cause"] = str(answer)
        mend = answer.to_json()["mend"]
        if not mend:
            return wrong | {"mend": str(answer)}
        try:
            for words in mend["commands"]:
                run(cluster, mend["netns"], words)
        except AssertionError as error:
            return wrong | {"mend": f"{error}\n{answer}"}
        for netns in (
            *cluster.nodes,
            *cluster.pods,
        ):  # what was tracked, or learnt of a path, goes the old way
            cluster.execute(netns, ["conntrack", "-F"], ())
            cluster.execute(netns, ["ip", "route", "flush", "cache"], ())
        if not arrives(cluster, case):
            wrong["mend"] = f"tried, and it does not arrive:\n{answer}"
    return wrong


@pytest.mark.kernel
@pytest.mark.parametrize("name", BROKEN)
def test_broken(name: str) -> None:
    """The cause is named, the mend mends, and the healthy cluster is suspected of nothing; but for what is known."""
    wrong = judged(BROKEN[name])
    known = KNOWN.get(name, {})
    assert set(wrong) == set(known), (
        "\n".join(f"{aspect}: {text}" for aspect, text in wrong.items()) or "better"
    )


def test_known() -> None:
    """What is known to be wrong is about clusters of the list, and says why."""
    assert set(KNOWN) <= set(BROKEN)
    for name, aspects in KNOWN.items():
        assert set(aspects) <= ASPECTS and all(aspects.values()), name
