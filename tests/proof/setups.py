"""How each recorded cluster is made in the model: mode, fault, and what the experiment added."""

from __future__ import annotations

from functools import cache

from packetwalk.tables import (
    ChainPolicy,
    Entry,
    IptablesRule,
    LinkEntry,
    NeighEntry,
    RouteEntry,
    SocketEntry,
    SysctlEntry,
)
from packetwalk.tables.iptables import IPTABLES
from tests.proof.cluster import RecordedNetwork
from tests.proof.recording import FOLDER, Experiment, RecordedState

MODES = {"host-gw": "host-gw", "vxlan-directrouting": "vxlan-directrouting"}
BRIDGE_NF = "net.bridge.bridge-nf-call-iptables"
BLOCK = IptablesRule("filter", "INPUT", "-p udp -m udp --dport 8472 -j DROP")


def network(experiment: Experiment) -> RecordedNetwork:
    """Return the model of the cluster in which an experiment was recorded."""
    moment = "state"
    if experiment.name.startswith("after-forceAddress"):
        moment = "state-after"
    state = _state(experiment.folder, moment)
    fault, extra = None, _sockets(experiment, state)

    def add(netns: str, *entries: Entry) -> None:
        extra.setdefault(netns, []).extend(entries)

    match experiment.folder, experiment.name.split("-")[0]:
        case "stale-cni0", "half":
            fault = "stale-cni0"
        case "udp-8472-blocked", "1":
            pass
        case "udp-8472-blocked", "8":
            add(
                "n2",
                ChainPolicy("filter", "INPUT", "DROP"),
                IptablesRule("filter", "INPUT", "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"),
            )
        case "udp-8472-blocked", _:
            fault = "udp-8472-blocked"
        case "mtu-router-1400", _:
            for subnet in ("172.18", "172.19"):
                add("router", RouteEntry(f"{subnet}.0.0/16", _card(state, subnet), mtu=1400))
        case "br-netfilter-off", number:
            if number != "1":
                add("n1", SysctlEntry(BRIDGE_NF, "1" if number in "56" else "0"))
            add("n1", *_not_of_flanneld("state-hairpin" if number == "6" else "state"))
            if number in "12":  # p1b had talked to p1a just before
                add("p1b", _neighbour(state, "p1a"))
            if number == "2":
                add("p1a", _neighbour(state, "p1b"))
        case _, "41":
            add("router", RouteEntry("10.244.1.0/24", _card(state, "172.18"), "172.18.0.2"))
    if experiment.name.endswith("podmtu1500"):
        _raise_pod_mtu(state, extra)
    return RecordedNetwork(state, MODES.get(experiment.folder, "vxlan"), fault, extra)


@cache
def _state(folder: str, moment: str) -> RecordedState:
    return RecordedState(folder, moment)


def _neighbour(state: RecordedState, known: str) -> NeighEntry:
    """What a pod knows of another pod on its node."""
    model = RecordedNetwork(state, "vxlan")
    return NeighEntry(model.address(known), "eth0", model.fabric.netns(known).links["eth0"].address)


def _card(state: RecordedState, subnet: str) -> str:
    """The model's name of the router's NIC in a subnet; its numbers follow the order of the nodes."""
    router = RecordedNetwork(state, "vxlan").fabric.netns("router")
    return next(addr.dev for addr in router.addrs if addr.local.startswith(f"{subnet}."))


def _sockets(experiment: Experiment, state: RecordedState) -> dict[str, list[Entry]]:
    """A server that listens where the experiment's client sent its packets."""
    out: dict[str, list[Entry]] = {}
    names = {a.local: netns for netns in state.netns for a in state.addresses(netns)}
    names["203.0.113.9"] = "internet"
    if "traceroute" in experiment.name:
        return out
    for command in experiment.commands():
        address, _, port = command.dst.partition(":")
        if port and address in names:
            socket = SocketEntry(command.packet.proto, int(port), "server")
            out.setdefault(names[address], []).append(socket)
    return out


def _not_of_flanneld(moment: str) -> list[Entry]:
    """The rules in the recorded tables that are none of flanneld's: the DNAT of the experiment."""
    text = (FOLDER / "br-netfilter-off" / moment / "n1.iptables-save").read_text()
    return [
        rule
        for rule in IPTABLES.parse(text)
        if isinstance(rule, IptablesRule) and "flanneld" not in rule.spec
    ]


def _raise_pod_mtu(state: RecordedState, extra: dict[str, list[Entry]]) -> None:
    """``ip link set mtu 1500`` on p1a's veth, both ends."""
    model = RecordedNetwork(state, "vxlan")
    pod: LinkEntry = model.fabric.netns("p1a").links["eth0"]
    assert pod.peer is not None
    node, device = pod.peer
    extra.setdefault("p1a", []).append(pod._replace(mtu=1500))
    extra.setdefault(node, []).append(model.fabric.netns(node).links[device]._replace(mtu=1500))
