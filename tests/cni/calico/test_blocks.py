"""Which block of a pool a node gets, and which addresses its pods: as the real calico-ipam did (calico-3.33-ipam)."""

from __future__ import annotations

import pytest

from packetwalk import Cluster
from packetwalk.cni.calico import blocks, go_rand

RECORDED = {
    "kind-control-plane": "10.244.82.0",
    "kind-worker": "10.244.162.128",
    "kind-worker2": "10.244.110.128",
    "kind-worker3": "10.244.195.192",
    "node-1": "10.244.84.128",
    "node-2": "10.244.247.0",
    "node-3": "10.244.139.64",
    "node1": "10.244.166.128",
    "node2": "10.244.104.0",
    "node3": "10.244.135.0",
    "worker-1": "10.244.226.64",
    "worker-2": "10.244.133.192",
    "minikube": "10.244.120.64",
    "n1": "10.244.40.128",
    "n2": "10.244.217.0",
    "n3": "10.244.98.0",
}
WORD = (1 << 64) - 1
STEPS = 7_800_000_000_000  # of the generator, until it holds its constants (gen_cooked.go)
SIZE, APART = 607, 334  # x^607 = x^334 + 1: a number is the sum of those 607 and 273 before it
WIDE = 160  # bits of a coefficient while two polynomials are multiplied as whole numbers


@pytest.mark.parametrize(("name", "block"), RECORDED.items())
def test_a_node_begins_where_its_name_says(name: str, block: str) -> None:
    place = go_rand.below(blocks.fnv(name), 1024)
    assert f"10.244.{place >> 2}.{(place & 3) * 64}" == block


def test_a_small_pool_is_entered_where_it_was() -> None:
    assert [go_rand.below(blocks.fnv(name), 8) for name in ("n1", "n2", "n3")] == [2, 4, 0]


@pytest.mark.parametrize(
    ("mode", "a", "b"),
    [
        ("bgp", "10.244.162.128", "10.244.110.128"),
        ("vxlan", "10.244.162.129", "10.244.110.129"),
        ("ipip", "10.244.162.129", "10.244.110.129"),
        ("wireguard", "10.244.162.130", "10.244.110.130"),
    ],
)
def test_tunnels_have_the_first_addresses(mode: str, a: str, b: str) -> None:
    network = Cluster().use("calico", mode)
    assert [network.address(pod) for pod in ("a", "b")] == [a, b]


def test_a_node_with_many_pods_goes_on_round_the_pool() -> None:
    cluster = Cluster(pods_per_node=100)
    assert [str(each) for each in blocks.blocks(cluster, cluster.nodes[1], 1)] == [
        "10.244.162.128/26",
        "10.244.162.192/26",
    ]
    network = cluster.use("calico", "vxlan")
    assert network.address("a63") == "10.244.162.191"
    assert network.address("a64") == "10.244.162.192"


def test_no_block_has_two_owners() -> None:
    cluster = Cluster(nodes=250, pods_per_node=200)
    every = [block for node in cluster.nodes for block in blocks.blocks(cluster, node, 0)]
    assert len(every) == len(set(every)) == 1000


def test_a_seed_that_draws_too_much_is_an_error() -> None:
    with pytest.raises(ArithmeticError, match="none below 0"):
        go_rand.below(1, 0)


def _times(left: list[int], right: list[int]) -> list[int]:
    """Multiply two polynomials modulo x^607 - x^334 - 1, their coefficients modulo 2 to the 64th."""
    packed = [sum(value << WIDE * place for place, value in enumerate(each)) for each in (left, right)]
    product, mask = packed[0] * packed[1], (1 << WIDE) - 1
    out = [product >> WIDE * place & mask for place in range(2 * SIZE - 1)]
    for place in range(2 * SIZE - 2, SIZE - 1, -1):
        out[place - SIZE + APART] += out[place]
        out[place - SIZE] += out[place]
    return [value & WORD for value in out[:SIZE]]


def _power(exponent: int) -> list[int]:
    """Return x to a power, modulo the same."""
    out = [1] + [0] * (SIZE - 1)
    for bit in f"{exponent:b}":
        out = _times(out, out)
        if bit == "1":
            out = _times(out, [0, 1] + [0] * (SIZE - 2))
    return out


def _first_state() -> list[int]:
    """Return the numbers that gen_cooked.go begins with, the oldest first."""
    drawn, number = [], 1
    for _ in range(20 + 3 * SIZE):
        number = number * go_rand.LEHMER % go_rand.PRIME
        drawn.append(number)
    held = [a << 20 ^ b << 10 ^ c for a, b, c in zip(*[iter(drawn[20:])] * 3, strict=True)]
    return [held[(go_rand.FEED - place) % SIZE] for place in range(-SIZE, 0)]


def test_the_constants_are_what_the_generator_holds_in_the_end() -> None:
    numbers = _first_state()
    for place in range(SIZE):
        numbers.append((numbers[place] + numbers[place + APART]) & WORD)
    ahead = _power(STEPS)
    held = {}
    for place in range(SIZE):
        value = sum(map(int.__mul__, ahead, numbers[place : place + SIZE])) & WORD
        held[(go_rand.FEED - (STEPS - SIZE + place)) % SIZE] = value
    draws = range(go_rand.DRAWS)
    assert tuple(held[go_rand.FEED - 2 * draw] for draw in draws) == go_rand.OLDER
    assert tuple(held[go_rand.TAP - 2 * draw] for draw in draws) == go_rand.NEWER
