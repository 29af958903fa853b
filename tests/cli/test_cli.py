"""The command line as users script it: outputs, bad input, nothing half-written."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from packetwalk import wire
from packetwalk.cli import main
from packetwalk.cli.commands import OF_REPOSITORY, commands
from tests import ROOT

KIND = ["delete", "load", "lock", "save"]
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
        assert set(row) == {"plugin", "mode", "scenarios", "faults", "rules", "releases"}
        assert {"same-node", "cross-node", "cross-subnet", "service", "internet", "node-to-pod"} <= set(
            row["scenarios"]
        )
        assert len(row["faults"]) >= 4


def test_rules_of_nftables_are_walked_and_printed(capsys) -> None:
    code, out, _ = run(*WALK, "service", "--rules", "nftables", "--format", "json", capsys=capsys)
    walk = json.loads(out)
    lines = {step["entry"]["line"] for step in walk["traces"][0]["steps"] if step["entry"]}
    assert code == 0 and walk["options"]["rules"] == "nftables"
    assert "meta l4proto tcp dnat ip to numgen random mod 1 map { 0 : 10.244.2.2 . 8080 }" in lines
    code, out, _ = run("tables", "calico", "bgp", "--node", "kind-worker", "--rules", "nftables", capsys=capsys)
    assert code == 0 and "kind-worker$ nft list ruleset\ntable ip kube-proxy {" in out
    assert "iptables-save" not in out
    for command in (["walk", "weave", "sleeve"], ["tables", "kindnet", "ptp"], ["prove", "weave", "sleeve"]):
        code, out, err = run(*command, "--rules", "nftables", capsys=capsys)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert f"rules of {command[1]}: 'nftables' is not valid; valid: iptables" in err


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
        (["fly"], ["fly", *commands()]),
        ([], ["missing", *commands()]),
        (["kind"], ["missing", "delete", "load", "lock", "save"]),
        (["kind", "fly"], ["fly", "delete", "load", "lock", "save"]),
        (["kind", "delete"], ["plugin"]),
        (["kind", "load", "nowhere"], ["nowhere", "images.json"]),
        (["record"], ["cluster", "folder"]),
        (["record", "mine", "tests"], ["tests", "does not exist yet"]),
        (["record", "mine", "new", "--seconds", "many"], ["many"]),
        (["replay", "nowhere"], ["nowhere", "recording.json"]),
        (["prove", "--save", "tests"], ["tests", "does not exist yet"]),
    ],
)
def test_bad_input_is_one_line_and_exit_2(arguments: list[str], named: list[str], capsys) -> None:
    code, out, err = run(*arguments, capsys=capsys)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1 and err.startswith("packetwalk")
    assert all(word in err for word in named), err


@pytest.fixture
def helps(capsys, monkeypatch) -> dict[tuple[str, ...], str]:
    """What --help prints on a wide terminal, of the command and of every sub-command."""
    monkeypatch.setenv("COLUMNS", "200")
    names = [(), *((name,) for name in commands()), *(("kind", name) for name in KIND)]
    out = {}
    for words in names:
        code, out[words], err = run(*words, "--help", capsys=capsys)
        assert (code, err) == (0, ""), words
    return out


def test_help_tells_of_every_command_and_of_all_that_can_follow_it(helps) -> None:
    assert {"list", "walk", "tables", "mtu", "prove", "replay", "record", "kind", "doctor"} <= set(commands())
    for name in commands():
        assert f"\n    {name} " in helps[()]
    for words, text in helps.items():
        assert text.startswith(" ".join(["usage: packetwalk", *words, "["]))
        below = text.partition("\npositional arguments:\n")[2].replace("\n" + 24 * " ", "  ")
        bare = {line.strip() for line in below.splitlines() if "  " not in line.strip()}
        assert bare <= {"COMMAND", "options:", ""}, f"{words}: nothing is said of {bare}"


DENY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny}
spec: {podSelector: {}, ingress: []}
"""


def test_examples_of_the_help_are_what_the_command_takes(helps, capsys, monkeypatch, tmp_path) -> None:
    (tmp_path / "deny.yaml").write_text(DENY)
    monkeypatch.chdir(tmp_path)
    lines = [line.split() for text in helps.values() for line in text.splitlines()]
    examples = [words[1:] for words in lines if words[:1] == ["packetwalk"]]
    assert {words[0] for words in examples} >= {"walk", "prove", "replay", "record", "kind"}
    walks = [words for words in examples if words[0] == "walk" and "-o" not in words]
    assert len(walks) == 8
    for words in walks:
        assert run(*words, capsys=capsys)[0] == 0, words


def test_ctrl_c_is_one_line(monkeypatch, capsys) -> None:
    def pressed(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands()["list"], "run", pressed)
    before = signal.getsignal(signal.SIGINT)
    try:
        code, out, err = run("list", capsys=capsys)
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN, "pressed again, it is told once"
    finally:
        signal.signal(signal.SIGINT, before)
    assert (code, out, err.count("\n")) == (130, "", 1)


@pytest.mark.parametrize(
    "module", ["packetwalk.errors", "packetwalk.cli.parser", "packetwalk.cli.commands.walk"]
)
def test_ctrl_c_during_imports_is_one_line(module: str) -> None:
    """Whatever the command still has to import, it can be stopped meanwhile."""
    script = (
        "import sys\n"
        "class Stop:\n"
        "    def find_spec(self, name, path, target=None):\n"
        f"        if name == {module!r}: raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Stop())\n"
        "from packetwalk.cli import main\n"
        "sys.exit(main(['list']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "packetwalk: stopped; nothing was kept\n")


def test_the_command_imports_nothing_of_weight_before_it_can_be_stopped() -> None:
    script = "import sys; import packetwalk.cli; print(*sorted(n for n in sys.modules if n.startswith('packetwalk')))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.split() == ["packetwalk", "packetwalk.cli"]


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
    root = ROOT
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
        cwd=ROOT,
    )
    assert done.stdout.startswith("Flannel vxlan") and done.stderr == ""


def test_a_wheel_knows_every_command_that_it_leaves_out_by_name() -> None:
    files = (ROOT / "packetwalk" / "cli" / "of_repository").glob("[a-z]*.py")
    assert sorted(file.stem for file in files) == [*OF_REPOSITORY]
