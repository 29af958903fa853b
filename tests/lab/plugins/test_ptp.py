"""Real ptp and host-local: what they make for a pod is what kindnet's plan says, but for what is drawn."""

from __future__ import annotations

import pytest

from packetwalk.lab.kernel.inventory import operations
from packetwalk.lab.kernel.live import Live
from packetwalk.lab.kernel.programs import attached
from packetwalk.lab.kernel.programs.plan_writer import left_out
from packetwalk.lab.plugins import cni_plugins, writer
from packetwalk.lab.plugins.kindnet import Ptp
from packetwalk.walks.scenario import network

MODEL = network("kindnet", "ptp")
PTP = writer("kindnet", "CNI plugins")


@pytest.mark.kernel(*Ptp.plugins)
def test_the_programs_write_the_routes_of_pod_and_node() -> None:
    plan, live = operations(MODEL), Live()
    try:
        live.build(left_out(plan, PTP))
        with PTP.work(live.inside, MODEL, plan):
            pod, node = (live.inside[name].run(["ip", "route"]) for name in ("a", "kind-worker"))
    finally:
        live.close()
    assert [line.strip() for line in pod.splitlines()] == [
        "default via 10.244.1.1 dev eth0",
        "10.244.1.0/24 via 10.244.1.1 dev eth0 src 10.244.1.2",
        "10.244.1.1 dev eth0 scope link src 10.244.1.2",
    ]
    assert (
        "10.244.1.2 dev veth86f7e437 scope host" in node and "10.244.1.3 dev vethb9f85daa scope host" in node
    )


def test_an_old_kernel_and_missing_programs_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attached, "folder", lambda plugins: "/somewhere")
    for release, said in (
        ("6.1.0-30-amd64", "renaming a device that is up: Linux 6.2"),
        ("6.12.1+deb13", ""),
    ):
        monkeypatch.setattr("platform.release", lambda release=release: release)
        assert PTP.lacking([]) == said
    monkeypatch.setattr(attached, "folder", lambda plugins: None)
    assert PTP.lacking([]) == "CNI plugins missing: host-local, portmap, ptp"


def test_the_doctor_asks_for_the_plugins_of_all() -> None:
    assert cni_plugins() == ("bridge", "host-local", "portmap", "ptp")
