"""Every usual way to write an answer is read as the same value; what is none is one line, and never Python's."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path
from typing import Any

import pytest

from packetwalk import lab
from packetwalk.errors import BadInput
from packetwalk.lab.check import answers
from packetwalk.lab.grounds.ground import Ground

MAC, RULE = "02:00:0a:f4:02:00", "-A KUBE-SEP-X -s 10.244.1.3/32 -m comment --comment default/near:http -j KUBE-MARK-MASQ"
SAME: dict[str, tuple[answers.Reader, Any, list[Any]]] = {
    "number": (answers.number, 8472, [8472, 8472.0, "8472", " 8,472. ", "8 472", "+8472", "0x2118", "port 8472", "8472/udp", (8472,), "`8472`", "= 8472"]),
    "small number": (answers.number, 2, ["two", "2 machines", "2.0", {2}]),
    "no number": (answers.number, 0, [0, "none", "zero", "0 frames"]),
    "decimal": (answers.decimal, 909.5, [909.5, "909.5", "909,5", "909.5 Mbit/s", "~909.5"]),
    "share": (answers.share, 0.463, [0.463, "0.463", "0,463", "46.3 %", 46.3, "46.3%"]),
    "mac": (answers.mac, MAC, [MAC, MAC.upper(), MAC.replace(":", "-"), "0200.0af4.0200", MAC.replace(":", ""), f"lladdr {MAC} PERMANENT", "2:0:a:f4:2:0", bytes.fromhex("02000af40200")]),
    "address": (answers.address, "10.244.2.2", ["10.244.2.2", "10.244.2.2/24", "b", "From 10.244.2.2:", IPv4Address("10.244.2.2"), IPv4Interface("10.244.2.2/24"), ["10.244.2.2"], "pod"]),
    "end": (answers.end, "10.244.2.2:8080", ["10.244.2.2:8080", "10.244.2.2.8080", "--to-destination 10.244.2.2:8080", ("b", 8080), ["10.244.2.2", "8080"], "http://10.244.2.2:8080/", "10.244.2.2, port 8080"]),
    "node": (answers.node, "kind-worker2", ["kind-worker2", "KIND-Worker2", "worker2", "node/kind-worker2", "172.18.0.4", "'kind-worker2'", ["kind-worker2"], "node"]),
    "place": (answers.place, "b", ["b", "B", "pod b", "pod/b", "10.244.2.2", "pod"]),
    "nodes": (answers.nodes, ("kind-worker", "kind-worker2"), [["kind-worker2", "kind-worker"], "kind-worker, kind-worker2", "worker and worker2", {"kind-worker": 1, "kind-worker2": 2}, ("kind-worker", "kind-worker2", "kind-worker")]),
    "one node of a list": (answers.nodes, ("kind-worker2",), ["kind-worker2", ["kind-worker2"], "node", {"kind-worker2"}]),
    "pods": (answers.pods, ("a", "b"), [["a", "b"], "a b", "b, a", "pods a and b", ("B", "A")]),
    "device": (answers.device, "veth12", ["veth12", "veth12@if2", "9: veth12@if2: <UP> mtu 1450", "dev veth12", " veth12:"]),
    "chain": (answers.chain, "KUBE-SVC-X", ["KUBE-SVC-X", "-j KUBE-SVC-X", "chain KUBE-SVC-X", "-A KUBE-SERVICES -p tcp -j KUBE-SVC-X", "'KUBE-SVC-X'"]),
    "rule": (answers.rule, RULE, [RULE, f"[0:0] {RULE}", RULE.replace(" ", "  "), RULE.replace("default/near:http", '"default/near:http"'), f"iptables -t nat {RULE}"]),
    "word": (answers.word, "looked_up", ["looked_up", "looked up", "Looked-Up", '"looked_up"', "LOOKED UP."]),
    "diagnosis": (answers.diagnosis, ("kind-worker", "route"), [("kind-worker", "route"), ["route", "kind-worker"], "kind-worker, route", "kind-worker: Route", ("worker", "ROUTE"), "route on kind-worker"]),
    "folder": (answers.folder, Path("/x/y"), ["/x/y", Path("/x/y"), ["/x/y"], '"/x/y"']),
    "several": (answers.several, (1, 2), [[1, 2], (1, 2)]),
}  # fmt: skip
NONE = {
    answers.number: ["x", "8472 or 4789", "50.5", True, {"a": 1}, [1, 2], float("nan"), "172.18.0.3", object(), 1 + 2j],
    answers.decimal: ["fast", "1 to 2", float("inf"), [1.0, 2.0]],
    answers.mac: ["02:00:0a:f4:02", "kind-worker", 7, f"{MAC} 02:00:0a:f4:02:01", b"\xff\x00"],
    answers.address: ["300.1.1.1", "moon", 7, "10.244.1.1 10.244.1.2", [1, 2]],
    answers.end: ["10.244.2.2", "8080", ("moon", 8080), "10.244.2.2:x"],
    answers.node: ["moon", "a", 3, ["kind-worker", "kind-worker2"], "kind"],
    answers.place: ["moon", 3, "web"],
    answers.nodes: ["kind", ["kind-worker", "moon"], 3],
    answers.pods: ["k", ["a", "moon"], "kind-worker"],
    answers.device: ["", "the bridge of the node", "@@"],
    answers.chain: ["a b", "-j A -j B", ["A", "B"]],
    answers.rule: ["masquerade", "KUBE-MARK-MASQ", 7],
    answers.diagnosis: ["route", ("moon", "route"), 7, (), object()],
    answers.folder: [7, ["a", "b"]],
}
EMPTY = [..., None, "", " ", "...", "…", "?", "todo", [], (), {}, [...], ["a", None], ("x", "..."), "Ellipsis"]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Ground]:
    with lab.open("flannel", "vxlan", ground="model") as opened:
        yield opened


@pytest.mark.parametrize("name", SAME)
def test_many_ways_to_write_one_answer(name: str, cluster: Ground) -> None:
    reader, value, ways = SAME[name]
    handles = {"pod": cluster.pod("b"), "node": cluster.node("kind-worker2")}
    for way in ways:
        read = reader(handles.get(way, way) if isinstance(way, str) else way, cluster)
        assert read == pytest.approx(value) if isinstance(value, float) else read == value, way


@pytest.mark.parametrize("reader", NONE)
def test_what_is_no_such_answer_is_one_line_that_says_what_is(reader: answers.Reader, cluster: Ground) -> None:
    for wrong in NONE[reader]:
        with pytest.raises(BadInput, match=r"^[^\n]{1,250} is not valid; valid: [^\n]+[^:\n]$"):
            reader(wrong, cluster)


def test_dots_and_nothing_are_no_answer_and_a_zero_is_one() -> None:
    assert all(map(answers.placeholder, EMPTY))
    assert not any(map(answers.placeholder, [0, "0", False, "a", [0], "none", Path(".")]))
