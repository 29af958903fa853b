"""What checks of several labs look at: who answers whom, what was begun, which rules are gone that were not to go."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import reduce
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from packetwalk.capture.output import Output
    from packetwalk.lab.grounds.ground import Ground, Handle

MOST = 65507  # bytes of data in the largest IPv4 packet that a ping can be
TABLES = ("filter", "nat")
OWN = re.compile(r"\d+(?:\.\d+){3}(?:/\d+)?|\b(?:veth|cali)\w+")
BLOCK = re.compile(r"-A (?:INPUT|FORWARD|OUTPUT) .*-j (?:DROP|REJECT)\b")  # nothing that anybody misses
FLUSHED = re.compile(r"iptables\b.*\s(?:-F|--flush|-X|--delete-chain)\b")


def last(said: Output | str) -> str:
    """Return the last line with anything in it, or that there is none."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1].rstrip(":") if lines else "nothing was printed"


def first(said: Output | str) -> str:
    """Return the first line with anything in it, or that there is none."""
    return last("\n".join(reversed(said.splitlines())))


def silent(cluster: Ground, pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a line for each pair, pod or node and whatever it pings, that gets no answer."""
    for src, dst in pairs:
        place = cluster.node(src) if src in cluster.nodes else cluster.pod(src)
        said = place.ping(dst)
        said = said if said.ok else place.ping(dst)  # a busy machine may be late once
        if not said.ok:
            yield f"{src} gets no answer from {dst}; ping's last line is “{last(said)}”"


def crosses(cluster: Ground, largest: int) -> Iterator[str]:
    """Yield what is wrong with the size of the largest ping from a to b that crosses in one piece, in bytes of data."""
    pod = cluster.pod("a")
    if not 0 <= largest <= MOST:
        yield f"no ping has {largest} bytes of data"
    elif not pod.ping("b", size=largest, df=True).ok:
        yield f"a ping of {largest} bytes gets no answer when it must not be cut"
    elif pod.ping("b", size=largest + 1, df=True).ok:
        yield f"a ping of {largest + 1} bytes still crosses in one piece"


def mtu(place: Handle, device: str = "eth0") -> int:
    """Return the MTU of a device in bytes, 0 where there is none."""
    found = re.search(r"mtu (\d+)", place.run(f"ip link show {device}"))
    return int(found[1]) if found else 0


def begun(cluster: Ground, place: str, command: str) -> bool:
    """Say whether a command, a regular expression, has worked in this place since the cluster was made."""
    return any(each.ok and each.place == place and re.search(command, each.command) for each in cluster.deeds)


def asked(cluster: Ground, kind: str) -> list[dict[str, Any]]:
    """Return the documents of a kind that were applied to the cluster, in their order."""
    documents = [each for text in cluster.applied for each in yaml.safe_load_all(text)]
    return [each for each in documents if isinstance(each, dict) and each.get("kind") == kind]


def lost(cluster: Ground) -> Iterator[str]:
    """Yield a line for each node that lacks rules which all the others have: too much was taken away there.

    Addresses and names of pods' devices are each node's own, and left out.
    """
    for node, command in {(each.place, each.command) for each in cluster.deeds if each.ok}:
        if node in cluster.nodes and FLUSHED.search(command):
            yield f"on {node} `{command}` took away more than the step asks for; it has to be made whole again"
            return
    have = {node: _rules(cluster, node) for node in cluster.nodes}
    for node, own in have.items():
        others = [rules for name, rules in have.items() if name != node]
        gone = reduce(lambda one, other: one & other, others) - own if others else Counter()
        if gone:
            yield f"{node} has lost rules that all other nodes have ({gone.total()}), as this one: `{next(iter(gone))}`"


def _rules(cluster: Ground, node: str) -> Counter[str]:
    said = [cluster.node(node).run(f"iptables -t {table} -S") for table in TABLES]
    lines = [OWN.sub("*", line) for each in said for line in each.splitlines()]
    return Counter(line for line in lines if not BLOCK.match(line))
