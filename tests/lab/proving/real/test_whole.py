"""Whole clusters of the real programs: what is drawn at random is put in the plan's place, and nothing else is forgiven."""

from __future__ import annotations

import pytest

from packetwalk.capture.frames import Frame
from packetwalk.capture.recording import Place, Recording, Sent
from packetwalk.lab.proving.real import whole
from packetwalk.lab.proving.real.likeness import as_planned
from packetwalk.plan.cluster import Cluster
from packetwalk.tables import LinkEntry, NftSet
from packetwalk.tables.iptables import IPTABLES
from packetwalk.tables.link import LINKS
from packetwalk.tables.nftables import RULESET
from packetwalk.tables.printed import as_text
from packetwalk.tables.table import as_object
from packetwalk.trace.packet import Packet
from packetwalk.walks.network import Network

MAC = "aa:bb:cc:dd:ee:0{}"


def test_macs_names_and_the_order_of_services_become_the_plans() -> None:
    network = Network(Cluster(), "flannel", "vxlan")
    own = network.fabric.netns("kind-worker")
    links = [*own.entries(LINKS)]
    veths = [each for each in links if each.kind == "veth"]
    others = {each: each._replace(ifname=f"veth{k}x", address=MAC.format(k)) for k, each in enumerate(veths)}
    rules = IPTABLES.text(own).splitlines()
    services = [line for line in rules if line.startswith("-A KUBE-SERVICES -d")]
    turned = iter(reversed(services))
    text = "\n".join(next(turned) if line in services else line for line in rules)
    files = {
        next(iter(LINKS.files)): as_text(map(as_object, [others.get(each, each) for each in links])),
        next(iter(IPTABLES.files)): text,
    }
    frame = Frame("kind-worker", "veth0x", "in", 0, bytes.fromhex("aabbccddee00") + b"rest")
    sent = Sent("p", "a", "10.244.2.2", 0, Packet("icmp"), (frame,))
    made = as_planned(Recording({}, (Place("kind-worker", "kind-worker", "node", "", files),), (sent,)), network)
    found = [each for each in made.places[0].entries(LINKS) if each.kind == "veth"]
    assert [(each.ifname, each.address) for each in found] == [(each.ifname, each.address) for each in veths]
    again = made.places[0].files[next(iter(IPTABLES.files))].splitlines()
    assert text.splitlines() != rules and [each for each in again if each in services] == services
    (only,) = made.sent[0].frames
    assert only.dev == veths[0].ifname and only.data == bytes.fromhex(veths[0].address.replace(":", "")) + b"rest"


def test_a_device_that_the_plan_does_not_have_stays() -> None:
    network = Network(Cluster(), "flannel", "vxlan")
    links = [*network.fabric.netns("kind-worker").entries(LINKS), LinkEntry("dummy7", "dummy", 1500, MAC.format(7))]
    files = {next(iter(LINKS.files)): as_text(map(as_object, links))}
    made = as_planned(Recording({}, (Place("kind-worker", "kind-worker", "node", "", files),), ()), network)
    assert "dummy7" in [each.ifname for each in made.places[0].entries(LINKS)]


def test_every_mode_both_forms_and_ended_programs_are_drawn() -> None:
    drawn = [whole.draw(f"seen-{number}") for number in range(60)]
    assert {each.mode for each in drawn} == set(whole.MODES)
    assert {each.rules for each in drawn} == {"iptables", "nftables"}
    assert {program for each in drawn for program, _ in each.again} == set(whole.DAEMONS)
    assert drawn[0] == whole.draw("seen-0") != whole.draw("seen-1")


def test_to_kube_proxy_the_api_server_is_nowhere_local() -> None:
    """Its EndpointSlice names no node, so that no packet from it to itself is masqueraded (seen in a whole cluster)."""
    own = Network(Cluster(), "flannel", "vxlan", rules="nftables").fabric.netns("kind-control-plane")
    (hairpin,) = (
        each for each in own.entries(RULESET) if isinstance(each, NftSet) and each.name == "hairpin-connections"
    )
    assert not [each for each in hairpin.elements if "6443" in each]


@pytest.mark.kernel
@pytest.mark.real
def test_a_whole_cluster_is_as_planned() -> None:
    case = next(each for k in range(99) if (each := whole.draw(f"one-{k}")).again and each.mode == "vxlan")
    assert whole.difference(case) == ""
