"""Real bridge, host-local and portmap: what they make for a pod is what the plan says, but for what is drawn."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterator

import pytest

from packetwalk.errors import LabError
from packetwalk.lab.kernel.inventory import operations
from packetwalk.lab.kernel.live import Live
from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.lab.kernel.programs.plan_writer import left_out
from packetwalk.lab.kernel.programs.runtime import Runtime
from packetwalk.lab.plugins import writer
from packetwalk.lab.plugins.flannel import cni
from packetwalk.tables import AddrEntry, LinkEntry, RouteEntry
from packetwalk.walks.scenario import network

pytestmark = pytest.mark.kernel(*cni.Delegated.plugins, "curl")
MODEL = network("flannel", "vxlan")
NODE = MODEL.cluster.nodes[1]
WORKER = NODE.name
PODS = ("a", "a2")


@pytest.fixture
def live() -> Iterator[Live]:
    """The cluster without what the plugins make: no bridge, pods without a cable."""
    made = Live()
    made.build(left_out(operations(MODEL), writer("flannel", "CNI plugins")))
    yield made
    made.close()


@pytest.fixture
def runtime(live: Live) -> Iterator[Runtime]:
    made = Runtime(live.inside[WORKER], cni.Delegated().configuration(MODEL, NODE))
    yield made
    made.close()


def shown(namespace: Namespace, *command: str) -> list[dict]:
    return json.loads(namespace.run(["ip", "-j", "-d", *command]) or "[]")


def planned(kind: type, netns: str) -> list:
    return [
        op.entry
        for op in MODEL.plan(WORKER)
        if op.netns == netns and op.by in cni.CNI and isinstance(op.entry, kind)
    ]


def test_the_bridge_is_the_plans_and_made_with_the_first_pod(live: Live, runtime: Runtime) -> None:
    node = live.inside[WORKER]
    assert "cni0" not in [link["ifname"] for link in shown(node, "link", "show")]
    runtime.add(live.inside["a"])
    (bridge,) = shown(node, "link", "show", "cni0")
    (address,) = planned(AddrEntry, WORKER)
    (entry,) = (link for link in planned(LinkEntry, WORKER) if link.kind == "bridge")
    assert (bridge["linkinfo"]["info_kind"], bridge["mtu"]) == (entry.kind, entry.mtu)
    (found,) = (
        each for each in shown(node, "addr", "show", "cni0")[0]["addr_info"] if each["family"] == "inet"
    )
    assert (found["local"], found["prefixlen"]) == (address.local, address.prefixlen)
    assert node.run(["sysctl", "-n", "net.ipv4.ip_forward"]).strip() == "1"


def test_a_pod_gets_the_plans_address_routes_and_cable(live: Live, runtime: Runtime) -> None:
    node = live.inside[WORKER]
    for name in PODS:
        result = runtime.add(live.inside[name])
        (drawn,) = (each["name"] for each in result["interfaces"] if each["name"].startswith("veth"))
        assert re.fullmatch(r"veth[0-9a-f]{8}", drawn)
        (eth0,), (address,) = planned(LinkEntry, name), planned(AddrEntry, name)
        (host_end,) = (link for link in planned(LinkEntry, WORKER) if link.peer == (name, "eth0"))
        assert result["ips"][0]["address"] == f"{address.local}/{address.prefixlen}"
        (found,) = shown(node, "link", "show", drawn)
        assert (found["mtu"], found["master"]) == (host_end.mtu, host_end.master)
        assert found["linkinfo"]["info_slave_data"]["hairpin"] is host_end.hairpin is True
        assert shown(live.inside[name], "link", "show", "eth0")[0]["mtu"] == eth0.mtu
        routes = {(r["dst"], r.get("gateway")) for r in shown(live.inside[name], "route")}
        network_of = str(ipaddress.ip_interface(f"{address.local}/{address.prefixlen}").network)
        assert routes == {(r.dst, r.gateway) for r in planned(RouteEntry, name)} | {(network_of, None)}


def test_host_local_counts_up_and_takes_no_address_back_at_once(live: Live, runtime: Runtime) -> None:
    """The next address is the one after the last given, not the lowest that is free."""
    given = [runtime.add(live.inside[name])["ips"][0]["address"] for name in PODS]
    assert given == ["10.244.1.2/24", "10.244.1.3/24"]
    runtime.delete("a")
    assert runtime.add(live.inside["a"])["ips"][0]["address"] == "10.244.1.4/24"


def test_the_bridge_plugin_masquerades_nothing(live: Live, runtime: Runtime) -> None:
    before = live.inside[WORKER].run(["iptables-save"])
    runtime.add(live.inside["a"])
    after = live.inside[WORKER].run(["iptables-save"])
    assert rules(after) == rules(before) and "FLANNEL-POSTRTG" in after


def rules(saved: str) -> list[str]:
    return [line for line in saved.splitlines() if line.startswith(("-A", "*"))]


def test_a_host_port_is_a_chain_of_portmap_and_works(live: Live, runtime: Runtime) -> None:
    node, ports = live.inside[WORKER], [{"hostPort": 18080, "containerPort": 8080, "protocol": "tcp"}]
    before = rules(node.run(["iptables-save", "-t", "nat"]))
    runtime.add(live.inside["a"], ports)
    made = [each for each in rules(node.run(["iptables-save", "-t", "nat"])) if each not in before]
    assert any("--to-destination 10.244.1.2:8080" in each and each.startswith("-A CNI-DN-") for each in made)
    assert [each.split()[1] for each in made if each.endswith("-j CNI-HOSTPORT-DNAT")] == [
        "PREROUTING",
        "OUTPUT",
    ]
    ask = ["curl", "-s", "-m", "3", f"http://{NODE.address}:18080/hostname"]
    assert live.execute("internet", ask).text == "a"
    runtime.delete("a")
    left = [each for each in rules(node.run(["iptables-save", "-t", "nat"])) if "CNI-DN" in each]
    assert left == [] and live.execute("internet", ask).code != 0


def test_what_was_attached_is_detached(live: Live) -> None:
    runtime = Runtime(live.inside[WORKER], cni.Delegated().configuration(MODEL, NODE))
    for name in PODS:
        runtime.add(live.inside[name])
    runtime.close()
    assert [link["ifname"] for name in PODS for link in shown(live.inside[name], "link")] == ["lo", "lo"]
    assert not [link for link in shown(live.inside[WORKER], "link") if link["ifname"].startswith("veth")]


def test_a_plugins_complaint_is_one_line(live: Live, runtime: Runtime) -> None:
    live.inside[WORKER].run(["ip", "link", "add", "cni0", "type", "bridge"])
    live.inside[WORKER].run(["ip", "addr", "add", "10.244.9.1/24", "dev", "cni0"])
    with pytest.raises(LabError, match=r'^kind-worker: bridge, ADD of a: .*"cni0" already has an IP address'):
        runtime.add(live.inside["a"])


def test_without_plugins_it_is_said(monkeypatch) -> None:
    monkeypatch.setattr("packetwalk.lab.kernel.programs.runtime.FOLDERS", ("/nowhere",))
    assert writer("flannel", "CNI plugins").lacking([]) == "CNI plugins missing: bridge, host-local, portmap"
