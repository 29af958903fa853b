"""What two releases of kube-proxy write of the same Services: recorded, and the difference whole."""

from __future__ import annotations

import re

import pytest

from packetwalk.lab.proving.real.lines import Lines, differences, lines, written
from packetwalk.plan.rules import IPTABLES, NFTABLES, RULES
from tests.lab.proving.real.releases import FOLDER, PINNED, releases

MARKED = "meta mark set meta mark | 0x00004000"
OUTSIDE = "ip daddr @cluster-ips ip saddr != 10.244.0.0/16"


def recorded(release: str, mode: str) -> Lines:
    return lines(written(mode, (FOLDER / release / f"{mode}.txt").read_text()))


def as_1_36(old: Lines) -> Lines:
    """Return nftables mode's lines of 1.35 as 1.36 writes them, by the four things that differ and no other."""
    goals = {
        place.removeprefix("chain "): re.search(r"dnat to (\S+):(\d+)", " ".join(some))
        for place, some in old.items()
        if place.startswith("chain endpoint-")
    }
    out: Lines = {}
    for place, some in old.items():
        remembered = any("update @" in each for each in some)
        if place == "chain mark-for-masquerade" or (place.startswith("chain endpoint-") and not remembered):
            continue
        kept = [each for each in some if not re.match(r"ip (daddr|saddr) .*jump mark-for-masquerade$", each)]
        if "/" in place and place.startswith(("chain service-", "chain local-")):
            kept = [_without_endpoint_chains(each, place, goals) for each in kept]
        out[place] = [
            f'{MARKED} comment "masquerade"' if each == "jump mark-for-masquerade" else each.replace("jump mark-for-masquerade", MARKED)
            for each in kept
        ]
    out["chain services"] = [f'{OUTSIDE} {MARKED} comment "masquerade clusterIP traffic from outside cluster"', *out["chain services"]]
    return out


def _without_endpoint_chains(rule: str, place: str, goals: dict) -> str:
    """Return a rule that draws an endpoint's address where it drew its chain, if nobody remembers clients."""
    drawn = re.findall(r"(\d+) : goto (endpoint-[^ ,]+)", rule)
    if not drawn or "affinity" in place:
        return rule
    places = ", ".join(f"{k} : {goals[name][1]} . {goals[name][2]}" for k, name in drawn)
    protocol = place.split("/")[2]
    return f"meta l4proto {protocol} dnat ip to numgen random mod {len(drawn)} map {{ {places} }}"


def test_in_iptables_mode_nothing_differs() -> None:
    assert [*differences(recorded("1.35", IPTABLES), recorded(PINNED, IPTABLES))] == []


def test_in_nftables_mode_four_things_differ() -> None:
    old, new = as_1_36(recorded("1.35", NFTABLES)), recorded(PINNED, NFTABLES)
    told = {each.partition(":")[0] for each in differences(old, new)}
    assert told == {"chain masquerading", "set hairpin-connections"}
    assert "meta mark & 0x00004000 == 0x00000000 return" in old["chain masquerading"]
    assert "@hairpin-connections" in new["chain masquerading"][1]


@pytest.mark.parametrize("mode", RULES)
def test_every_release_is_recorded(mode: str) -> None:
    assert releases() == ["1.35", PINNED]
    assert all("default/sources-lb" in str(recorded(release, mode)) for release in releases())
