"""Both families in the running kernel: packets of IPv6 agree with the model, and an altered plan is found out."""

from __future__ import annotations

import pytest

from packetwalk.cni import plugin
from packetwalk.errors import BadInput
from packetwalk.lab.proving.cases import Case, by_ipv6
from packetwalk.lab.proving.prove import ProveTask, prove
from packetwalk.plan.operation import Operation
from packetwalk.tables import FdbEntry
from packetwalk.tables.ipv6 import Addr6Entry, Route6Entry

FLANNEL = plugin("flannel")


def case() -> Case:
    """A cluster in one subnet, and what is sent in it by IPv6."""
    return next(by_ipv6(FLANNEL, FLANNEL.mode("vxlan")))


@pytest.mark.kernel
def test_the_kernel_does_what_the_model_says_by_ipv6() -> None:
    results = list(prove("flannel", "vxlan", ipv6=True))
    assert [each for each in results if each.verdict != "proven"] == []
    assert {each.where for each in results} == {"kernel"}
    sent = {each.what for each in results}
    assert {"tables", "same-node-tcp", "cross-node-icmp-1402-df", "internet-udp", "service-tcp", "cross-subnet-icmp"} <= sent


def _without(kind: type, **members: str):
    def alter(plan: list[Operation]) -> list[Operation]:
        def gone(entry: object) -> bool:
            return isinstance(entry, kind) and all(getattr(entry, k) == v for k, v in members.items())

        left = [each for each in plan if not gone(each.entry)]
        assert len(left) < len(plan)
        return left

    return alter


@pytest.mark.kernel
@pytest.mark.parametrize(
    "alter",
    [
        _without(FdbEntry, ifname="flannel-v6.1"),
        _without(Route6Entry, dev="flannel-v6.1"),
        _without(Addr6Entry, dev="cni0", scope="global"),
    ],
    ids=["no forwarding entries", "no routes", "no gateway"],
)
def test_an_altered_plan_is_found_out(alter) -> None:
    results = ProveTask(case()._replace(trials=case().trials[5:8]), alter)()
    assert "tables" in {each.what for each in results if each.verdict == "differs"}
    assert any(each.what.startswith("cross-node") for each in results if each.verdict == "differs")


def test_a_mode_without_ipv6_says_so() -> None:
    with pytest.raises(BadInput, match="IPv6: 'flannel host-gw' is not valid; valid: flannel vxlan"):
        list(prove("flannel", "host-gw", ipv6=True))
