"""The command line as users script it: outputs, bad input, nothing half-written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from packetwalk import wire
from packetwalk.cli import main

WALK = ["walk", "flannel", "vxlan"]


def run(*arguments: str, capsys) -> tuple[int, str, str]:
    try:
        code = main(list(arguments))
    except SystemExit as end:
        code = int(end.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


def test_list_names_every_mode_with_its_scenarios_and_faults(capsys) -> None:
    code, out, _ = run("list", "--format", "json", capsys=capsys)
    rows = json.loads(out)
    assert code == 0
    assert {"flannel"} <= {row["plugin"] for row in rows}
    for row in rows:
        assert set(row) == {"plugin", "mode", "scenarios", "faults"}
        assert {"same-node", "cross-node", "cross-subnet", "service", "internet", "node-to-pod"} <= set(
            row["scenarios"]
        )
        assert len(row["faults"]) >= 4


def test_walk_json_has_the_documented_members(capsys) -> None:
    code, out, _ = run(*WALK, "cross-node", "--format", "json", capsys=capsys)
    walk = json.loads(out)
    assert code == 0
    assert (walk["version"], walk["plugin"], walk["mode"], walk["scenario"]) == (
        1,
        "flannel",
        "vxlan",
        "cross-node",
    )
    step = walk["traces"][0]["steps"][8]
    assert set(step) >= {
        "node",
        "netns",
        "dev",
        "event",
        "hook",
        "before",
        "after",
        "entry",
        "evidence",
        "why",
        "source",
    }
    assert step["entry"]["line"] == "10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink"
    assert walk["tables"][step["entry"]["id"]]["lines"][step["entry"]["index"]] == step["entry"]["line"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["walk", "nobody", "vxlan", "cross-node"], ["nobody", "flannel"]),
        (["walk", "flannel", "nothing", "cross-node"], ["nothing", "host-gw"]),
        ([*WALK, "nowhere"], ["nowhere", "same-node"]),
        ([*WALK, "cross-node", "--size", "0"], ["0", "1 to 65507"]),
        ([*WALK, "cross-node", "--size", "70000"], ["70000", "1 to 65507"]),
        ([*WALK, "cross-node", "--size", "many"], ["many"]),
        ([*WALK, "cross-node", "--ttl", "0"], ["0", "1 to 255"]),
        ([*WALK, "cross-node", "--proto", "sctp"], ["sctp", "icmp", "tcp", "udp"]),
        ([*WALK, "cross-node", "--fault", "gremlins"], ["gremlins", "missing-fdb"]),
        (["walk", "flannel", "host-gw", "cross-node", "--fault", "missing-fdb"], ["missing-fdb"]),
        ([*WALK, "--src", "zz9", "--dst", "b"], ["zz9", "kind-worker"]),
        ([*WALK, "--src", "a"], ["both"]),
        ([*WALK, "--src", "a", "--dst", "b:0"], ["1 to 65535"]),
        ([*WALK, "--src", "198.51.100.1", "--dst", "b"], ["198.51.100.1"]),
        (["tables", "flannel", "vxlan", "--node", "kind-worker9"], ["kind-worker9", "kind-worker2"]),
        (["mtu", "flannel", "vxlan", "--underlay", "12"], ["12", "576"]),
        (["walk"], ["required"]),
        (["fly"], ["fly"]),
    ],
)
def test_bad_input_is_one_line_and_exit_2(arguments: list[str], named: list[str], capsys) -> None:
    code, out, err = run(*arguments, capsys=capsys)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1 and err.startswith("packetwalk")
    assert all(word in err for word in named), err


def test_an_output_that_cannot_be_written_leaves_nothing(tmp_path: Path, capsys) -> None:
    target = tmp_path / "missing" / "a.pcap"
    code, _, err = run(*WALK, "cross-node", "--format", "pcap", "-o", str(target), capsys=capsys)
    assert (code, err.count("\n")) == (2, 1)
    assert str(target) in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.pcap", "a.pcapng"])
def test_pcap_has_98_bytes_in_the_pod_148_on_the_wire_and_ttl_64_63_62(
    name: str, tmp_path: Path, capsys
) -> None:
    target = tmp_path / name
    assert run(*WALK, "cross-node", "--format", "pcap", "-o", str(target), capsys=capsys)[0] == 0
    data = target.read_bytes()
    if name.endswith("ng"):
        interfaces, packets = wire.pcap.read_pcapng(data)
        assert "kind-worker:flannel.1" in [each.name for each in interfaces]
        frames = [packet.frame for packet in packets]
    else:
        frames = [frame for _, frame in wire.pcap.read_pcap(data)]
    request = frames[:10]
    assert [len(frame) for frame in request] == [98] * 4 + [148] * 2 + [98] * 4
    inner = [[h.ttl for h in wire.decode(f) if isinstance(h, wire.Ipv4)][-1] for f in request]
    assert inner == [64, 64, 64, 63, 63, 63, 63, 62, 62, 62]


def test_any_pair_also_addresses_nobody_has(capsys) -> None:
    code, out, _ = run(*WALK, "--src", "a", "--dst", "10.244.9.9", capsys=capsys)
    assert code == 0 and "no_route" in out


def test_tables_json_has_the_members_of_the_tools(capsys) -> None:
    code, out, _ = run(
        "tables", "flannel", "vxlan", "--node", "kind-worker", "--format", "json", capsys=capsys
    )
    table = json.loads(out)["kind-worker"]
    assert code == 0
    assert set(table) >= {"link", "addr", "route", "neigh", "fdb", "iptables"}
    assert {
        "dst": "10.244.2.0/24",
        "gateway": "10.244.2.0",
        "dev": "flannel.1",
        "flags": ["onlink"],
    } in table["route"]


def test_it_runs_from_a_bare_checkout_without_site_packages() -> None:
    root = Path(__file__).parents[1]
    for arguments in (
        ["list"],
        [*WALK, "service"],
        ["mtu", "flannel", "vxlan"],
        ["tables", "flannel", "host-gw", "--node", "a"],
        ["doctor"],
    ):
        done = subprocess.run(
            [
                sys.executable,
                "-I",
                "-S",
                "-c",
                (
                    f"import sys; sys.path.insert(0, {str(root)!r}); "
                    f"from packetwalk.cli import main; sys.exit(main({arguments!r}))"
                ),
            ],
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.returncode == 0, done.stderr


def test_a_closed_pipe_is_no_traceback() -> None:
    done = subprocess.run(
        f"{sys.executable} -m packetwalk walk flannel vxlan cross-node | head -1",
        shell=True,
        capture_output=True,
        check=False,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    assert done.stdout.startswith("Flannel vxlan") and done.stderr == ""
