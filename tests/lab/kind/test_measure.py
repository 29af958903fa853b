"""A measurement on kind: iperf3 of the container of tools, in the pods' own networks."""

from __future__ import annotations

import json

import pytest

from packetwalk.errors import LabError
from packetwalk.lab.grounds.kind import KindGround
from tests.lab.kind.conftest import Machine
from tests.lab.kind.test_ground import NAME

SERVER = "iperf3 --server --one-off --daemon --idle-timeout 10 --port 5201"
CLIENT = "iperf3 --client 10.244.2.2 --port 5201 --time 2 --json"
PING = "ping -q -c 20 -i 0.01 -W 1 10.244.2.2"
ANSWERS = {
    SERVER: "",
    CLIENT: json.dumps({"end": {"sum_received": {"bytes": 500_000_000, "seconds": 2.0}}}),
    "cat /proc/stat": "cpu  100 0 100 900 0 0 0 0 0 0\n",
    PING: "rtt min/avg/max/mdev = 0.040/0.055/0.090/0.010 ms\n",
}


def test_iperf3_runs_beside_the_cluster_in_the_pods_networks(machine: Machine) -> None:
    machine.write(answers={**machine.state["answers"], **ANSWERS})
    with KindGround("flannel", "vxlan") as cluster:
        said = cluster.measure("a", "b", seconds=2)
    assert (said.ground, said.gbits, said.rtt) == ("kind", 2.0, 0.055)
    places = {" ".join(words): place for place, words in machine.ran}
    for command, pod in ((SERVER, b"sandbox-b"), (CLIENT, b"sandbox-a"), (PING, b"sandbox-a")):
        assert places[command].startswith(f"{NAME}-tools --net=/proc/")
        assert places[command].endswith(f"/root/proc/{sum(pod)}/ns/net")


def test_a_server_that_does_not_start_is_one_line(machine: Machine) -> None:
    with KindGround("flannel", "vxlan") as cluster, pytest.raises(LabError, match=r"^b: iperf3 --server"):
        cluster.measure("a", "b")
