"""WireGuard where the kernel has none: wireguard-go in every node, with the model's frames; nothing is left."""

from __future__ import annotations

import pytest

from packetwalk import lab
from packetwalk.cni import plugins
from packetwalk.lab.kernel import abilities
from packetwalk.lab.kernel.inventory import operations
from packetwalk.lab.kernel.live import Live
from packetwalk.lab.proving.cases import cases
from packetwalk.lab.proving.prove import ProveTask
from packetwalk.walks.scenario import network
from tests.lab.left import killed

needs_go = pytest.mark.kernel("wireguard-go", "wg")
MODES = ("flannel", "calico")


@pytest.fixture(autouse=True)
def without_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that has one is treated as if it had none."""
    in_kernel = abilities.in_kernel
    monkeypatch.setattr(abilities, "in_kernel", lambda kind: kind != "wireguard" and in_kernel(kind))


@needs_go
@pytest.mark.parametrize("plugin", MODES)
def test_encrypted_packets_have_the_models_sizes_and_headers(plugin: str) -> None:
    found = plugins()[plugin]
    whole = next(cases(found, found.mode("wireguard")))
    across = whole._replace(trials=tuple(each for each in whole.trials if each.scenario == "cross-node"))
    results = ProveTask(across)()
    assert len(results) == 5 and not [each for each in results if each.verdict != "proven"]
    assert {each.where for each in results} == {"emulated"}


@needs_go
def test_a_session_stands_before_the_network_drops_its_messages() -> None:
    """So a packet goes out encrypted and is lost on the way, as in a cluster that has run for a while."""
    found = plugins()["flannel"]
    blocked = [each for each in cases(found, found.mode("wireguard")) if each.fault == "udp-51820-blocked"]
    results = [result for case in blocked for result in ProveTask(case)()]
    assert len(results) > 2 and not [each for each in results if each.verdict != "proven"]


@needs_go
def test_wg_shows_the_peers_of_each_node() -> None:
    live = Live()
    try:
        live.build(operations(network("flannel", "wireguard")))
        said = live.execute("kind-worker", ["wg", "show"])
        assert said.code == 0 and "endpoint: 172.18.0.4:51820" in said and "latest handshake:" in said
        assert "172.18.0.3" not in said
        assert "172.18.0.3:51820" in live.execute("kind-worker2", ["wg", "show"])
    finally:
        live.close()


@needs_go
def test_peers_that_cannot_meet_ask_no_more() -> None:
    """They would for 90 seconds, and their questions for neighbours would meet those of the packets that are sent."""
    live = Live()
    try:
        live.build(operations(network("flannel", "wireguard", fault="cloned-cards")))
        sent = live.execute("kind-worker", ["wg", "show", "all", "transfer"]).splitlines()
        met = live.execute("kind-worker", ["wg", "show", "all", "latest-handshakes"]).splitlines()
        strangers = {line.split()[1] for line in met if line.split()[-1] == "0"}
        assert strangers
        assert {line.split()[-1] for line in sent if line.split()[1] in strangers} == {"0"}
        assert "172.18.0.4:51820" in live.execute("kind-worker", ["wg", "show"])
    finally:
        live.close()


@needs_go
def test_a_lab_on_this_ground_has_it_too() -> None:
    with lab.open("flannel", "wireguard", ground="netns") as cluster:
        assert cluster.pod("a").ping("b").ok
        assert "latest handshake" in cluster.node("kind-worker").run("wg show")


def test_without_the_program_it_is_said(monkeypatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    plan = operations(network("flannel", "wireguard"))
    assert abilities.lacking(plan) == "no WireGuard device, and programs missing: wireguard-go, wg"


KILLED = """
import time
from packetwalk.lab.kernel import abilities, build
from packetwalk.walks.scenario import network
from packetwalk.lab.kernel.inventory import operations
from packetwalk.lab.kernel.emulators.wireguard import Emulator

abilities.in_kernel = lambda kind: kind != "wireguard"
with build.Lab(operations(network("flannel", "wireguard"))) as lab:
    print(*(each.daemon.pid for each in lab.programs if isinstance(each, Emulator)), flush=True)
    time.sleep(60)
"""


@needs_go
def test_killed_it_leaves_no_program_behind() -> None:
    assert killed(KILLED) == []
