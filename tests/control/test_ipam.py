"""Calico's IPAM: the recorded steps, one after another, and deeds drawn at random."""

from __future__ import annotations

import gzip
import json
import random
import re
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from packetwalk.cni.calico import blocks
from packetwalk.control.calico.ipam import Assigned, Pool, Refused
from packetwalk.control.timeline import SECOND
from packetwalk.plan.cluster import Cluster

FILE = Path(__file__).parents[1] / "recordings" / "timelines" / "calico-3.33-ipam.json.gz"
STEPS: dict[str, list[dict[str, Any]]] = json.loads(gzip.decompress(FILE.read_bytes()))
POOLS = {"first": "10.244.100.0/27", "second": "10.245.0.0/27"}
ASKS = re.compile(r"(?:CNI|calico-ipam) (ADD|DEL) (\S+) on (n\d)")
STRICT = {"s3-0", "m3-0", "m-0"}  # asked while affinity was strict
ONE_BLOCK = {"m3-0", "m-0"}  # asked while a host might have one block


@pytest.mark.parametrize("run", STEPS)
def test_the_recorded_addresses_blocks_and_errors(run: str) -> None:
    pool, seen = Pool(IPv4Network(POOLS[run]), 30), 0
    for step in STEPS[run]:
        found = ASKS.match(step["what"])
        if "blocks" in step:
            assert _state(pool) == _recorded(step["blocks"], pool), step["what"]
            seen += 1
        elif found:
            verb, handle, node = found.groups()
            if verb == "DEL":
                pool = pool.release(handle)
                continue
            asked = pool._replace(strict=handle in STRICT, limit=int(handle in ONE_BLOCK))
            after, given = asked.give(node, handle, round(step["t"] * SECOND))
            pool = pool._replace(blocks=after.blocks)
            if isinstance(given, Refused):
                assert step["rc"] == 1 and given.why in step["result"], step
            else:
                assert step["result"].partition("/")[0] == given.address, step
            seen += 1
    assert seen > 40


def _state(pool: Pool) -> dict[str, tuple[str, list[int], list[int]]]:
    return {
        str(each.network): (each.owner, sorted(h.ordinal for h in each.held), list(each.free))
        for each in pool.blocks
    }


def _recorded(kept: dict[str, Any], pool: Pool) -> dict[str, tuple[str, list[int], list[int]]]:
    """Return the recorded blocks of this pool."""
    return {
        name: (
            each["affinity"].removeprefix("host:"),
            [ordinal for ordinal, of in enumerate(each["alloc"]) if of is not None],
            each["unalloc"],
        )
        for name, each in kept.items()
        if IPv4Network(name).subnet_of(pool.network)
    }


def test_the_first_blocks_of_sixteen_names() -> None:
    asked = [step for step in STEPS["second"] if step["what"].startswith("first address of host")]
    for step in asked:
        name = step["what"].split()[4]
        pool, given = Pool(IPv4Network("10.244.0.0/16")).give(name, "x", 0)
        assert str(pool.blocks[0].network) == step["result"] and isinstance(given, Assigned)
    assert len(asked) == 16


def test_a_cluster_that_comes_up_has_the_plans_blocks_and_addresses() -> None:
    cluster = Cluster(7, 70)
    pool = Pool(cluster.pod_network)
    for ordinal in range(cluster.pods_per_node):
        for node in cluster.nodes:
            pool, given = pool.give(node.name, f"{node.name} {ordinal}", 0)
            assert isinstance(given, Assigned)
            assert given == Assigned(blocks.address(cluster, node, ordinal, 0)), (node.name, ordinal)
    for node in cluster.nodes:
        mine = {each.network for each in pool.of(node.name)}
        assert mine == set(blocks.blocks(cluster, node, 0))


@pytest.mark.parametrize("seed", range(10))
def test_no_address_has_two_holders_whatever_is_asked(seed: int) -> None:
    chance = random.Random(seed)
    nodes = [f"n{number}" for number in range(1, 6)]
    pool, held, now = Pool(IPv4Network("10.9.0.0/26"), 29), {}, 0
    for number in range(100 * 10):
        now += chance.randint(0, 20) * SECOND
        if held and chance.random() < 0.45:
            handle = chance.choice(sorted(held))
            del held[handle]
            pool = pool.release(handle)
        else:
            pool, given = pool.give(chance.choice(nodes), f"h{number}", now)
            if isinstance(given, Assigned):
                assert given.address not in held.values()
                held[f"h{number}"] = given.address
            else:
                assert len(held) == 64 and "No IPs available" in given.why
        assert {each.handle: address for address, each in pool.holders().items()} == held
        assert len({each.network for each in pool.blocks}) == len(pool.blocks)
        for block in pool.blocks:
            assert sorted([*block.free, *(each.ordinal for each in block.held)]) == list(range(8))
