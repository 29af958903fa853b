"""Measurements and ceilings: what is exact is exact, what is measured was really there, and no time is tested."""

from __future__ import annotations

import json
import os

import pytest

from packetwalk import lab
from packetwalk.errors import BadInput, LabError
from packetwalk.lab.grounds import measure
from packetwalk.lab.grounds.ground import Output
from packetwalk.lab.grounds.measure import Ceiling, Measurement
from tests.lab import left

CEILINGS = {  # MTU of the pod, TCP payload with time stamps, frame between the nodes
    ("flannel", "vxlan"): (1450, 1398, 1514),
    ("flannel", "host-gw"): (1500, 1448, 1514),
    ("flannel", "ipip"): (1480, 1428, 1514),
    ("calico", "bgp"): (1500, 1448, 1514),
    ("weave", "fastdp"): (1376, 1324, 1440),
}


@pytest.mark.parametrize(("plugin", "mode"), CEILINGS)
def test_the_ceiling_is_what_a_full_size_packet_becomes(plugin: str, mode: str) -> None:
    with lab.open(plugin, mode, ground="model") as cluster:
        assert cluster.ceiling() == Ceiling(mode, *CEILINGS[plugin, mode])


def test_a_link_carries_what_arithmetic_says() -> None:
    plain = Ceiling("host-gw", 1500, 1448, 1514)
    assert plain.goodput(1000) == pytest.approx(941.482, abs=0.001)
    assert plain.packets(1e9) == pytest.approx(81274.38, abs=0.01)


def test_a_pod_on_the_same_node_has_no_wire() -> None:
    with (
        lab.open("flannel", "vxlan", ground="model") as cluster,
        pytest.raises(LabError, match="leaves no node"),
    ):
        cluster.ceiling("a", "a2")


def test_the_model_says_that_it_has_no_time() -> None:
    with lab.open("flannel", "vxlan", ground="model") as cluster:
        said = cluster.measure()
        with pytest.raises(BadInput, match="valid: "):
            cluster.measure("a", "nobody")
    assert said.gbits is None and "not measured: the model has no time" in repr(said)


@pytest.mark.kernel("iperf3")
@pytest.mark.parametrize("mode", ["vxlan", "ipip"])
def test_bytes_really_cross_and_nothing_stays(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(left.MARK, mark := f"measure-{os.getpid()}-{mode}")
    with lab.open("flannel", mode, ground="netns") as cluster:
        said = cluster.measure("a", "b")
        assert said.bytes and said.seconds and said.cpu and said.rtt and not said.why
        assert (said.mode, said.src, said.dst) == (mode, "a", "b")
        counted = cluster.pod("b").run("ip -j -s link show eth0")
        assert json.loads(counted)[0]["stats64"]["rx"]["bytes"] > said.bytes
        with pytest.raises(BadInput, match="1 to 5"):
            cluster.measure(seconds=60)
        assert not _servers(mark)


def _servers(mark: str) -> list[str]:
    """Return the iperf3 servers of this test."""
    return [each.name for each in left.marked(mark) if left.name(each) == "iperf3"]


ANSWER = {"end": {"sum_received": {"bytes": 125_000_000, "seconds": 1.0}}}
STAT = "cpu  100 0 {} 900 0 0 0 0 0 0\n"
PING = "rtt min/avg/max/mdev = 0.040/0.055/0.090/0.010 ms\n"


class Scripted:
    """Stands where a ground is: it answers from a script and keeps what was asked."""

    ground, plugin, mode, nodes = "scripted", "flannel", "vxlan", ()

    def __init__(self, *answers: Output, server: Output | None = None, ping: str = PING) -> None:
        self.answers, self.server, self.ping = list(answers), server or Output(), ping
        self.asked: list[str] = []
        self.ticks = 0

    def address(self, name: str) -> str:
        return "10.244.2.2"

    def execute(self, netns: str, argv: list[str]) -> Output:
        self.asked.append(f"{netns}: {' '.join(argv)}")
        if argv[0] == "cat":
            self.ticks += 50
            return Output(STAT.format(self.ticks))
        if argv[0] == "ping":
            return Output(self.ping)
        return self.server if "--server" in argv else self.answers.pop(0)


def _measured(ground: Scripted) -> Measurement:
    return measure.measure(ground, "a", "b", 1)  # type: ignore[arg-type]


def test_a_client_that_comes_too_early_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "PAUSE", 0)
    early = Output('{"error": "unable to connect to server: Connection refused"}', 1)
    ground = Scripted(early, Output(json.dumps(ANSWER)))
    said = _measured(ground)
    assert said.gbits == 1.0 and said.rtt == 0.055 and said.cpu is not None
    assert ground.asked[0].startswith("b: iperf3 --server --one-off --daemon")
    assert [each for each in ground.asked if "--client 10.244.2.2" in each][1:], "it tried twice"


@pytest.mark.parametrize(
    ("ground", "line"),
    [
        (Scripted(server=Output("iperf3: error - unable to start\n", 1)), "b: .*unable to start"),
        (Scripted(Output('{"error": "No route to host"}', 1)), "iperf3 from a to b: No route to host"),
        (Scripted(Output("(stopped after 20 seconds)\n", 124)), "iperf3 from a to b: .stopped after 20"),
        (
            Scripted(Output(json.dumps(ANSWER)), ping="100% packet loss\n"),
            "ping from a to b: 100% packet loss",
        ),
    ],
)
def test_what_goes_wrong_is_one_line(ground: Scripted, line: str) -> None:
    with pytest.raises(LabError, match=line) as caught:
        _measured(ground)
    assert "\n" not in str(caught.value)


def test_without_iperf3_it_says_what_to_install() -> None:
    said = _measured(Scripted(server=Output("iperf3: command not found\n", 127)))
    assert said.gbits is None and "apt-get install iperf3" in repr(said)
