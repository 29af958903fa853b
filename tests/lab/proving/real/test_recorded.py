"""The plan of kube-proxy writes what the real one wrote: recorded, so that it can be held to it anywhere."""

from __future__ import annotations

import pytest

from packetwalk.lab.proving.real import planned
from packetwalk.lab.proving.real.lines import differences, lines, titles, with_own_comments, written
from packetwalk.plan.rules import RULES
from tests.lab.proving.real.record import FOLDER, cases, held


@pytest.mark.parametrize("mode", RULES)
@pytest.mark.parametrize("name", cases())
def test_the_plan_says_what_kube_proxy_wrote(name: str, mode: str) -> None:
    real = lines(written(mode, (FOLDER / f"{name}.{mode}.txt").read_text()))
    assert "-m comment" in str(real) or "cluster-ips" in str(real)
    assert list(differences(planned(mode, held(name), RULES.index(mode)), real)) == []


def test_a_comment_that_stayed_is_no_difference_and_any_other_is() -> None:
    element = '10.96.1.1 . tcp . 80 comment "default/s:{}" : drop'
    plan, real = {"map m": [element.format("new")]}, {"map m": [element.format("old")]}
    assert titles(plan) == {"default/s:new"}
    assert list(differences(plan, with_own_comments(real, plan, {"default/s:old"}))) == []
    assert list(differences(plan, with_own_comments(real, plan, {"default/s:other"})))


def test_order_counts_but_between_ports() -> None:
    first = '-A KUBE-SERVICES -m comment --comment "a/a:x cluster IP" -j KUBE-SVC-A'
    second = '-A KUBE-SERVICES -m comment --comment "a/b:y cluster IP" -j KUBE-SVC-B'
    last = '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports" -j KUBE-NODEPORTS'
    ends = "-A KUBE-SVC-A -j RETURN\n-A KUBE-SVC-A -j ACCEPT"

    def read(*rules: str) -> dict[str, list[str]]:
        return lines(written("iptables", "\n".join(["*nat", *rules, "COMMIT"])))

    usual = read(first, second, last, ends)
    assert list(differences(usual, read(second, first, last, ends))) == []
    swapped = "\n".join(reversed(ends.splitlines()))
    assert list(differences(usual, read(first, second, last, swapped))) == [
        "nat KUBE-SVC-A: another order: plan -j RETURN | -j ACCEPT; kube-proxy -j ACCEPT | -j RETURN"
    ]
