"""The recipes do what their first lines say."""

from __future__ import annotations

import pytest

from packetwalk import policy
from packetwalk.errors import BadInput
from packetwalk.policy.recipes import recipe, recipes


def verdict(
    name: str, source: str, destination: str, port: int = 5432, protocol: str = "TCP", plugin: str = "calico"
) -> bool:
    return policy.explain(recipe(name).estate(plugin), source, destination, protocol, port).allowed


def test_each_says_what_it_shows_and_is_read_without_a_word() -> None:
    assert len(recipes()) > 19
    for each in recipes():
        assert each.title and each.shows.endswith(".") and each.estate().notes == (), each.name


DB = {"shop/web", "shop/job", "ops/web", "ops/probe", "kube-system/coredns"}
REACH = {
    "default-deny": set(),
    "one-peer": {"ops/web"},
    "two-peers": {"shop/web", "ops/web", "ops/probe"},
    "not-in": DB - {"ops/probe"},
    "types-omitted": DB,
    "end-port": {"shop/web"},
    "tier-pass": DB - {"ops/probe"},
    "no-policy": DB,
    "any-namespace": DB,
    "own-namespace": {"shop/web", "shop/job"},
    "one-app": {"shop/web"},
    "one-namespace": {"ops/web", "ops/probe"},
    "from-empty": DB,
    "expressions": {"shop/web", "ops/web"},
    "no-internet": DB,
    "added-up": {"shop/web", "shop/job"},
    "except": {"shop/web", "shop/job", "kube-system/coredns"},
}


@pytest.mark.parametrize("name", REACH)
def test_who_reaches_the_database(name: str) -> None:
    found = policy.matrix(recipe(name).estate(), "TCP", 5432)
    db = next(pod for pod in found.pods if pod.name == "db")
    assert {str(pod) for pod in found.pods if pod is not db and found.allows(pod, db)} == REACH[name]


def test_policy_types_left_out_isolate_ingress_too() -> None:
    assert not verdict("types-omitted", "ops/web", "shop/web", 8080)
    assert verdict("types-omitted", "shop/web", "shop/db") and not verdict(
        "types-omitted", "shop/web", "ops/web"
    )


def test_a_range_is_whole_but_with_weave() -> None:
    ports = (5429, 5430, 5435, 5436)
    assert [verdict("end-port", "shop/web", "shop/db", port) for port in ports] == [False, True, True, False]
    weave = [verdict("end-port", "shop/web", "shop/db", port, plugin="weave") for port in ports]
    assert weave == [False, True, False, False]


def test_a_services_address_is_never_seen() -> None:
    assert not verdict("service-address", "shop/web", "service:shop/db")
    assert verdict("dns-forgotten", "shop/web", "service:shop/db")


def test_dns_is_asked_where_its_pods_listen() -> None:
    names = ("dns-forgotten", "dns-by-53", "dns-allowed")
    asked = [verdict(name, "shop/web", "service:kube-system/kube-dns", 53, "UDP") for name in names]
    assert asked == [False, False, True]


def test_one_application_at_one_port_only() -> None:
    assert not verdict("one-app", "shop/web", "shop/db", 5433)


def test_pods_may_be_asked_and_the_internet_may_not() -> None:
    assert not verdict("no-internet", "shop/web", "203.0.113.9", 443)
    assert verdict("no-internet", "shop/web", "service:kube-system/kube-dns", 53, "UDP")
    assert verdict("no-internet", "ops/web", "203.0.113.9", 443), "it governs its own namespace"


ASKED = {
    "added-up": True,
    "any-namespace": True,
    "default-deny": False,
    "dns-allowed": True,
    "dns-by-53": False,
    "dns-forgotten": False,
    "end-port": True,
    "except": True,
    "expressions": False,
    "from-empty": True,
    "no-internet": False,
    "no-policy": True,
    "not-in": True,
    "one-app": False,
    "one-namespace": False,
    "one-peer": False,
    "own-namespace": False,
    "service-address": False,
    "tier-pass": False,
    "two-peers": True,
    "types-omitted": False,
}


def test_each_asks_what_shows_it() -> None:
    found = {each.name: verdict(each.name, *each.asked[:2], each.asked.port, each.asked.protocol) for each in recipes()}
    assert found == ASKED


def test_those_that_are_misread_are_known() -> None:
    misread = {each.name for each in recipes() if each.misread}
    assert {"one-peer", "two-peers", "end-port", "types-omitted", "service-address", "dns-forgotten", "not-in"} <= misread
    assert {"no-policy", "default-deny", "one-app", "dns-allowed"} <= ASKED.keys() - misread


def test_as_one_text_they_say_the_same() -> None:
    for each in recipes():
        together = policy.read(each.manifests)
        for protocol, port in (("TCP", 5432), ("UDP", 53), ("TCP", 8080)):
            assert policy.matrix(together, protocol, port) == policy.matrix(each.estate(), protocol, port), each.name


def test_a_recipe_nobody_knows() -> None:
    with pytest.raises(BadInput, match="default-deny"):
        recipe("no-such")
