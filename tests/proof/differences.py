"""The known differences between the model and the recordings, as code.

Why each is there stands in ``tests/known_differences.yaml`` under the same name.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import yaml

from packetwalk.capture.projection import DecodedFrame
from packetwalk.tables import AddrEntry, LinkEntry
from packetwalk.wire import Arp, Data, Tcp, Udp
from tests.proof.cluster import RecordedNetwork
from tests.proof.recording import Experiment, RecordedCommand

TEXT = yaml.safe_load((Path(__file__).parents[1] / "known_differences.yaml").read_text())
MASKS: dict[str, str] = TEXT["masks"]
KNOWN: dict[str, dict] = TEXT["differences"]

NOTE = '-m comment --comment "flanneld masq"'


def plain(entry: AddrEntry) -> AddrEntry:
    """``no-broadcast``: an address without the broadcast address that newer plugins give it."""
    return entry._replace(brd=False)


def nic(link: LinkEntry) -> LinkEntry:
    """``lab-cards``: a machine's NIC is one end of a veth pair there."""
    outside = link.ifname.startswith(("eth", "ext")) and link.kind == "veth"
    return (
        link._replace(kind="eth")
        if outside and link.mtu == 1500 and link.address.startswith(("02:42:", "02:00:"))
        else link
    )


def not_modelled(address: str) -> bool:
    """``etcd-host``: 172.18.0.10 is the machine with the data of flanneld."""
    return address == "172.18.0.10"


class ReplayContext(NamedTuple):
    """What a filter may look at beside the frames."""

    experiment: Experiment
    network: RecordedNetwork


def broadcast_elsewhere(frames: list[DecodedFrame], context: ReplayContext) -> list[DecodedFrame]:
    """Leave out ARP questions that reach a machine on the wire whom they do not concern."""
    out = []
    for frame in frames:
        arp = frame.stack[1]
        if not (
            isinstance(arp, Arp)
            and arp.op == 1
            and frame.direction == "in"
            and _bystander(context.network, frame, arp.tpa)
        ):
            out.append(frame)
    return out


def _bystander(network: RecordedNetwork, frame: DecodedFrame, asked: str) -> bool:
    if frame.netns.startswith("n") and frame.netns not in network.cluster.node_by_name:
        return True  # a node whose tables were not kept, for nothing else reached it
    ns = network.fabric.netns(frame.netns)
    return ns.kind != "pod" and ns.links[frame.dev].kind == "eth" and asked not in ns.local


def neighbour_refresh(frames: list[DecodedFrame], context: ReplayContext) -> list[DecodedFrame]:
    """Leave out ARP where the experiment was made warm."""
    if context.experiment.cold:
        return frames
    return [frame for frame in frames if not isinstance(frame.stack[1], Arp)]


def arp_retries(frames: list[DecodedFrame], context: ReplayContext) -> list[DecodedFrame]:
    """Leave out an ARP question that repeats one nobody answered."""
    if any(isinstance(f.stack[1], Arp) and f.stack[1].op == 2 for f in frames):
        return frames
    return [
        frame
        for k, frame in enumerate(frames)
        if not isinstance(frame.stack[1], Arp) or frame not in frames[:k]
    ]


def after_the_handshake(frames: list[DecodedFrame], context: ReplayContext) -> list[DecodedFrame]:
    """Keep of TCP the first SYN, SYN-ACK, and ACK or RST at each place."""
    out, met = [], set()
    first: dict[str, int] = {}
    for frame in frames:
        tcp = next((h for h in frame.stack if isinstance(h, Tcp)), None)
        if tcp is None:
            out.append(frame)
            continue
        if "S" in tcp.flags:
            first.setdefault(tcp.flags, tcp.seq)
        opening = tcp.flags in ("S", "SA", "R") or (
            tcp.flags == "A"
            and not isinstance(frame.stack[-1], Data)
            and (tcp.seq, tcp.ack) == (first["S"] + 1, first["SA"] + 1)
        )
        key = (frame.netns, frame.dev, frame.direction, tcp.flags)
        if opening and key not in met:
            met.add(key)
            out.append(frame)
    return out


RECORDED_ONLY = {
    "broadcast-elsewhere": broadcast_elsewhere,
    "neighbour-refresh": neighbour_refresh,
    "arp-retries": arp_retries,
    "after-the-handshake": after_the_handshake,
}


def commands(experiment: Experiment) -> list[RecordedCommand]:
    """``learnt-path-mtu``: the second ping of these is refused by what the first one taught."""
    sent = experiment.commands()
    return sent[:1] if experiment.id in KNOWN["learnt-path-mtu"]["experiments"] else sent


def answers(experiment: Experiment, name: str) -> bool:
    """``silent-server``: whether a trace is the answer of a server that gave none there."""
    return experiment.id in KNOWN["silent-server"]["experiments"] and name == "reply"


def partial_checksum(frame: DecodedFrame) -> bool:
    """``partial-checksum``: a segment that a node itself made, on its own VXLAN device."""
    return (
        frame.dev in {"flannel.1", "vxlan.calico"}
        and frame.direction == "out"
        and any(isinstance(header, (Tcp, Udp)) for header in frame.stack)
    )


def not_of_iptables(experiment: str) -> set[tuple[str, str]]:
    """``nft-firewall``: rules of the model that iptables-save could not count there."""
    blocked = experiment in KNOWN["nft-firewall"]["experiments"]
    return {("n2", "-p udp -m udp --dport 8472 -j DROP")} if blocked else set()


def passed_on(experiment: str) -> set[tuple[str, str]]:
    """``passed-on``: rules that matched there, but did not decide."""
    passed = experiment in KNOWN["passed-on"]["experiments"]
    return {("n1", f"-m mark --mark 0x4000/0x4000 {NOTE} -j RETURN")} if passed else set()
