"""Questions: what is right follows from the walk, what is offered holds it, and nothing is asked without an answer."""

from __future__ import annotations

import json
import re

import pytest

from packetwalk import policy, walk
from packetwalk.errors import BadInput
from packetwalk.widgets.questions import (
    ask,
    choice,
    end,
    line,
    number,
    order,
    passes,
    place,
    reckoned,
    see,
    stated,
    written,
)
from tests import ROOT

PING = walk("flannel", "vxlan", "cross-node")
LOST = walk("flannel", "vxlan", "cross-node", fault="missing-fdb")


def data(asked) -> list[dict]:
    """Return what the page's element reads."""
    found = re.search(r"<script[^>]*>(.*?)</script>", asked._repr_html_(), re.S)
    assert found
    return json.loads(found[1])


def test_a_step_is_found_by_what_it_is() -> None:
    wire = see(PING, "egress", "kind-worker", "eth0")
    assert (wire.size, wire.outer_ttl, wire.ttl, wire.where) == (148, 64, 63, "kind-worker, eth0")
    assert wire.outer_ip.src == "172.18.0.3" and wire.ip.src == "10.244.1.2"
    assert wire.field("eth.dst") != wire.field("eth.dst", outer=True)
    assert see(PING, "route", "kind-worker").by == "flanneld"
    assert PING.steps[wire.index] is wire.step
    assert end(PING, "reply").step.netns == "a"
    assert passes(PING, "forward") == 2 and not passes(PING, "drop", trace=None)


def test_a_plan_says_who_writes_what_about_whom() -> None:
    about = [str(op.entry) for op in written("flannel", "vxlan") if op.peer == "kind-worker2"]
    assert "10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink" in about


def test_what_no_walk_can_have_is_not_counted_as_none() -> None:
    with pytest.raises(BadInput, match="event: 'wire' is not valid"):
        passes(PING, "wire")


@pytest.mark.parametrize("asked", [("egress", "nowhere"), ("reassemble",)])
def test_a_step_that_is_not_there_is_one_line(asked: tuple[str, ...]) -> None:
    with pytest.raises(BadInput, match="valid: originate a"):
        see(PING, *asked)


def test_a_number_is_right_as_computed() -> None:
    (part,) = data(ask(number("TTL?", end(PING).ttl, end(PING), "hops")))
    assert (part["right"], part["unit"], part["steps"][0]["at"]) == (62, "hops", end(PING).index)
    assert part["steps"][0]["walk"] == "flannel/vxlan/cross-node/icmp/56/0/0/none"


def test_the_line_that_decides_is_offered_among_its_table() -> None:
    (part,) = data(ask(line("Which?", see(PING, "route", "kind-worker"))))
    assert part["options"][part["right"][0]] == "10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink"
    assert part["heading"] == "kind-worker $ ip route" and len(part["options"]) > 2


def test_where_a_stack_decides_every_name_of_the_place_is_right() -> None:
    lost = walk("flannel", "vxlan", "cross-node", fault="forward-drop")
    asked = place("Where?", lost, PING)
    right = {name for at, name in enumerate(asked.options) if asked.accepts((at,))}
    assert right == {"kind-worker, cni0", "kind-worker, on no device", "kind-worker, flannel.1"}
    assert asked.answer == "kind-worker, flannel.1"
    told = walk("flannel", "vxlan", "cross-node", fault="missing-neighbour")
    asked = place("Who wrote it?", told, PING, shows=see(told, "originate", trace="error"))
    assert [asked.options[at] for at in asked.also] == ["kind-worker, cni0"]
    (part,) = data(ask(asked))
    assert part["also"] == list(asked.also)


@pytest.mark.parametrize("fault", ["missing-fdb", "vtep-mac-mismatch", "segment-mtu-1400"])
def test_what_a_device_does_is_at_that_device_alone(fault: str) -> None:
    ways = {"size": 1422, "df": True} if fault.startswith("segment") else {}
    asked = place("Where?", walk("flannel", "vxlan", "cross-node", fault=fault, **ways), PING)
    assert [at for at in range(len(asked.options)) if asked.accepts((at,))] == list(asked.right)


def test_a_place_is_offered_with_those_that_the_whole_way_would_pass() -> None:
    (part,) = data(ask(place("Where?", LOST, PING)))
    assert part["options"][part["right"][0]] == "kind-worker, flannel.1"
    assert {"a, eth0", "kind-worker2, eth0", "b, eth0"} <= set(part["options"])


def test_an_order_is_never_offered_as_it_is_right() -> None:
    steps = {"wrapped": see(PING, "encap"), "routed": see(PING, "route"), "unwrapped": see(PING, "decap")}
    (part,) = data(ask(order("In which order?", steps)))
    assert [part["options"][at] for at in part["right"]] == ["routed", "wrapped", "unwrapped"]
    assert part["right"] != sorted(part["right"])


def test_an_option_may_bring_the_step_that_refutes_it() -> None:
    forwarded, wrapped = see(PING, "forward"), see(PING, "encap")
    (part,) = data(
        ask(choice("What?", {"a": (wrapped.ttl == 63, wrapped), "b": (forwarded.ttl == 64, forwarded)}))
    )
    assert part["right"] == [0] and [part["steps"][at]["at"] for at in part["refutes"]] == [
        wrapped.index,
        forwarded.index,
    ]


def test_where_no_walk_answers_a_line_of_a_plan_or_a_sum_does() -> None:
    route = next(
        op for op in written("flannel", "vxlan") if op.peer == "kind-worker2" and "via" in str(op.entry)
    )
    nodes = 60
    asked = ask(
        number("Sessions?", nodes - 1, reckoned(f"{nodes} − 1", "one with each other node")),
        choice("Who writes it?", {name: route.by == name for name in ("flanneld", "kubelet")}, stated(route)),
    )
    told, planned = (part["steps"] for part in data(asked))
    assert told == [{"where": "reckoned", "why": "one with each other node", "line": "60 − 1"}]
    assert planned[0]["where"] == "plan of kind-worker" and planned[0]["line"] == str(route.entry)
    assert "flanneld writes it" in planned[0]["why"] and "at" not in planned[0]
    assert repr(asked).startswith("number: Sessions? 59 (no walk; reckoned: 60 − 1)")
    assert "No walk shows this; plan of kind-worker" in asked._repr_html_()


def test_a_step_of_a_walk_under_policies_leads_to_no_walk_without_them() -> None:
    tier = policy.gather(ROOT / "book/data/security-tier.yaml")
    (part,) = data(ask(number("?", 7, end(walk("calico", "ipip", "cross-node", policies=tier)))))
    assert "walk" not in part["steps"][0] and part["steps"][0]["line"].endswith("-j DROP")


def test_text_of_a_walk_is_no_markup() -> None:
    html = ask(number("</script><b>", end(PING).ttl))._repr_html_()
    assert html.count("</script>") == 1 and "<b></b>" not in html and "&lt;/script&gt;" in html


def test_what_has_no_answer_is_not_asked() -> None:
    step = end(PING)
    for wrong in (
        ask,
        lambda: choice("A?", {"yes": step.ttl == 1, "no": step.ttl == 2}),
        lambda: choice("A?", {"yes": step.ttl == 62}),
        lambda: number("A?", step.ttl == 62),
        lambda: line("A?", see(PING, "originate")),
        lambda: order("A?", {"a": step, "b": step}),
        lambda: order("A?", {"a": (0, step), "b": (0, step)}),
    ):
        with pytest.raises(BadInput):
            wrong()


def test_repr_says_what_is_right_and_where_it_shows() -> None:
    assert repr(ask(number("TTL?", end(PING).ttl, end(PING)))) == (
        f"number: TTL? 62 (step {end(PING).index + 1} of flannel/vxlan/cross-node/icmp/56/0/0/none)"
    )
