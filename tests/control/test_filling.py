"""A small pool that fills: blocks are claimed, an address is borrowed, and packets follow."""

from __future__ import annotations

import pytest

from packetwalk.control import stories
from packetwalk.control.deeds import read
from packetwalk.control.probe import spans, walk_at
from packetwalk.control.running import cluster, timeline
from packetwalk.control.timeline import API, SECOND, ApiObject, Deed, Message, ProgramState
from packetwalk.errors import BadInput
from packetwalk.tables import RouteEntry

LATE = "10.244.100.17"  # of a block of kind-worker's, borrowed by kind-worker2
NODES = ("kind-control-plane", "kind-worker", "kind-worker2")


def routes(lines: object, *about: str) -> list[str]:
    """Return the lines about these networks, without what an interface is called."""
    found = [each for each in lines if isinstance(each, RouteEntry) and each.dst in about]  # type: ignore[attr-defined]
    return sorted(
        str(each._replace(dev="cali" if each.dev.startswith("cali") else each.dev)) for each in found
    )


def test_a_borrowed_address_has_the_recorded_routes() -> None:
    """state/3-borrowed of calico-3.33-ipam, the names and the addresses those of the canonical cluster."""
    made, _ = stories.told(stories.story("block-borrowed"))
    then = made.tables(12 * SECOND)
    block = "10.244.100.16/30"
    late = f"{LATE} via 172.18.0.4 dev eth0 proto bird metric 1024"
    theirs = f"{block} via 172.18.0.3 dev eth0 proto bird metric 1024"
    assert [routes(then[node], block, LATE) for node in NODES] == [
        [theirs, late],
        [late, f"blackhole {block} proto bird"],
        [theirs, f"{LATE} dev cali scope link metric 1024"],
    ]


def test_a_borrowed_address_is_told_twice_with_the_recorded_preferences() -> None:
    made, _ = stories.told(stories.story("block-borrowed"))
    told = [
        each.text.partition(", next hop")[0].split()[0] + " " + each.text.rpartition(" ")[2]
        for each in made.of(Message)
        if LATE in each.text and each.dst.node == "kind-worker"
    ]
    assert told == ["announce 2147483647", f"withdraw {LATE}/32", "announce 2147482623"]


def test_traffic_does_not_pass_the_owner_of_the_block() -> None:
    made, net = stories.told(stories.story("block-borrowed"))
    walk = walk_at(net, made, "two", "late", 12 * SECOND)
    assert walk.traces[0].disposition == "delivered"
    assert {step.netns for step in walk.traces[0].steps} == {"two", "kind-worker2", "late"}
    walk = walk_at(net, made, "one", "late", 12 * SECOND)
    assert {step.netns for step in walk.traces[0].steps} == {"one", "kind-worker", "kind-worker2", "late"}
    assert next(spans(net, made, "one", "late")).answered is False


def test_who_gets_none_is_told_why() -> None:
    made, _ = stories.told(stories.story("pool-exhausted"))
    told = [each.what for each in made.of(ProgramState) if "code 999" in each.what]
    assert len(told) == 2 and "strict affinity enabled" in told[0] and "No IPs available" in told[1]


def test_the_api_shows_each_block_and_whose_it_is() -> None:
    made, _ = stories.told(stories.story("block-borrowed"))
    now = [str(each) for each in made.tables(made.until)[API] if isinstance(each, ApiObject)]
    assert len(now) == 8
    borrowed = next(each for each in now if each.startswith("10.244.100.16/30"))
    assert borrowed == (
        "10.244.100.16/30 of kind-worker: 10.244.100.16, 10.244.100.17 late on kind-worker2, 10.244.100.18 next; "
        "free 10.244.100.19"
    )
    kinds = {each["table"] for each in made.json()["changes"] if each["node"] == API}
    assert kinds == {"IPAMBlock"}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("0 add nowhere p",), "node: 'nowhere'"),
        (("0 add kind-worker p", "1 add kind-worker p"), "a name that no pod has"),
        (("0 add kind-worker p", "1 del p", "2 add kind-worker2 p"), "a name that no pod has had"),
        (("0 add kind-worker kind-worker2",), "no machine's name"),
        (("0 add kind-worker internet",), "no machine's name"),
        (("0 add kind-worker ../p",), "small letters"),
        (("0 add kind-worker 10.244.100.8",), "small letters"),
        (("0 fill kind-worker 2", "0 del p"), "pod to remove: 'p' is not valid; valid: none there now"),
        (("0 strict maybe",), "valid: on, off"),
        (("0 fill kind-worker x",), "1 to 32"),
        (("0 add kind-worker p", "1 del q"), "pod to remove: 'q' is not valid; valid: p"),
        (("0 add kind-worker p", "1 fill kind-worker 99"), "1 to 32"),
        (("0 add kind-worker p", "1 fill kind-worker -1"), "1 to 32"),
        (("0 add kind-worker p", "1 pod a"), "pod"),
    ],
)
def test_what_cannot_be_is_told(lines: tuple[str, ...], said: str) -> None:
    deeds = read(lines)
    with pytest.raises(BadInput) as error:
        timeline(cluster("calico", "bgp", deeds), deeds, 5 * SECOND, "")
    assert said in str(error.value)


def test_felix_writes_the_route_of_a_block_when_somebody_has_claimed_it() -> None:
    deeds = read(["0 add kind-worker p", "1 felix-writes", "10 add kind-worker2 q"])
    made = timeline(cluster("calico", "bgp", deeds), deeds, 20 * SECOND, "")
    block = "10.244.100.28/30"
    assert not routes(made.tables(9 * SECOND)["kind-worker"], block)
    theirs = f"{block} via 172.18.0.4 dev eth0 proto 80 onlink"
    assert theirs in routes(made.tables(20 * SECOND)["kind-worker"], block)


def test_what_felix_no_longer_writes_it_does_not_write_because_a_block_comes() -> None:
    deeds = read(["0 add kind-worker p", "1 felix-writes on", "10 felix-writes off", "14.1 add kind-worker2 q"])
    made = timeline(cluster("calico", "bgp", deeds), deeds, 40 * SECOND, "")
    for node in NODES:
        assert not [each for each in made.tables(40 * SECOND)[node] if "proto 80" in str(each)], node


def test_where_felix_writes_the_routes_a_borrowed_address_has_one_by_the_tunnel() -> None:
    """Its tunnels have the first address of each node's block; the owner of the block sends to the borrower too."""
    deeds = read(["0 fill kind-worker 23", "1 fill kind-worker2 4", "2 add kind-worker2 late"])
    made = timeline(cluster("calico", "vxlan", deeds), deeds, 9 * SECOND, "")
    then = made.tables(9 * SECOND)
    objects = [str(each) for each in then[API] if isinstance(each, ApiObject)]
    late = next(each for each in objects if " late on kind-worker2" in each)
    address = late.partition(" late on")[0].rpartition(" ")[2]
    for node in ("kind-control-plane", "kind-worker"):
        assert f"{address} via 10.244.100.0 dev vxlan.calico onlink mtu 1450" in routes(then[node], address)
    assert routes(then["kind-worker2"], address) == [f"{address} dev cali scope link metric 1024"]


def test_what_is_asked_for_is_not_said_to_be_given() -> None:
    deeds = read(["0 fill kind-worker 32", "1 fill kind-worker 1"])
    told = [each.what for each in timeline(cluster("calico", "bgp", deeds), deeds, SECOND, "").of(Deed)]
    assert told == [f"calico-ipam on kind-worker is asked for addresses: {each}" for each in (32, 1)]
