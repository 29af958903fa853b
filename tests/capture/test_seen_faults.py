"""What recordings were once told wrongly, each held to what is known."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from packetwalk import lab, wire
from packetwalk.capture.frames import Frame
from packetwalk.capture.recording import Recording
from packetwalk.capture.stitch import stitch
from packetwalk.cni import plugins
from packetwalk.proof import recordings
from packetwalk.trace.step import Trace
from packetwalk.walks.replay import replay
from packetwalk.wire import Udp, Wireguard
from tests.capture.handmade import HandMade, handmade

QUOTING = (
    ("b", {"ttl": 1}),
    ("b", {"ttl": 2}),
    ("b", {"size": 1472, "df": True}),
    ("internet", {"ttl": 2}),
    ("web", {"ttl": 1, "proto": "tcp"}),
    ("b:9999", {"proto": "udp"}),
)
TUNNELS = (4789, 8472, 6784, 6783, 8285, 51820)


def of(plugin: str, mode: str, packet: str) -> Recording:
    recorded = recordings.recordings(plugin, mode)[0]
    return recorded._replace(sent=(recorded.packet(packet),))


def with_frames(recorded: Recording, change: Callable[[tuple[Frame, ...]], tuple[Frame, ...]]) -> Recording:
    (sent,) = recorded.sent
    return recorded._replace(sent=(sent._replace(frames=change(sent.frames)),))


@pytest.mark.parametrize(("plugin", "mode"), [(p.name, m.name) for p in plugins().values() for m in p.modes])
def test_an_error_is_linked_to_what_it_quotes(plugin: str, mode: str) -> None:
    linked = []
    with lab.open(plugin, mode, ground="model") as cluster:
        for dst, packet in QUOTING:
            recorded = cluster.capture("a", dst, **packet)
            traces = stitch(recorded, recorded.sent[0])
            linked += [trace.cause is not None for trace in traces if trace.name == "error"]
    assert linked and all(linked)


def sizes(trace: Trace) -> list[tuple]:
    return [(s.netns, s.dev, s.event, s.size) for s in trace.steps if s.event in ("ingress", "egress")]


@pytest.mark.kernel
def test_an_error_of_the_kernel_is_linked_to_what_it_quotes() -> None:
    linked = []
    with lab.open("flannel", "vxlan", ground="netns") as cluster:
        for dst, packet in QUOTING:
            recorded = cluster.capture("a", dst, **packet)
            traces = stitch(recorded, recorded.sent[0])
            linked += [trace.cause is not None for trace in traces if trace.name == "error"]
    assert len(linked) >= 5 and all(linked)


@pytest.mark.parametrize("port", TUNNELS)
def test_a_datagram_to_a_tunnels_port_is_a_datagram_where_no_tunnel_is(port: int) -> None:
    def to_port(frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
        return tuple(frame._replace(data=wire.encode(tuple(map(changed, frame.stack)))) for frame in frames)

    def changed(header: wire.Header) -> wire.Header:
        if not isinstance(header, Udp):
            return header
        return header._replace(
            **{name: port for name in ("sport", "dport") if getattr(header, name) == 8080}
        )

    walk = replay(with_frames(of("flannel", "host-gw", "cross-node-udp"), to_port))
    assert walk.disposition == "delivered"
    assert {trace.flow.proto for trace in walk.traces} <= {"udp", "arp"}
    assert {trace.flow.dport for trace in walk.traces if trace.name == "request"} == {port}
    assert not [step for step in walk.steps if step.event in ("encap", "decap")]


def test_a_frame_for_a_router_without_taps_is_not_known() -> None:
    recorded = of("flannel", "host-gw", "cross-node-icmp")
    frames = recorded.sent[0].frames
    gone = next(f for f in frames if (f.netns, f.dev, f.direction) == ("kind-worker", "eth0", "out"))
    places = tuple(place for place in recorded.places if place.netns in ("a", "kind-worker"))
    left = tuple(f for f in frames if f.time_ns <= gone.time_ns and f.netns in ("a", "kind-worker"))
    walk = replay(with_frames(recorded, lambda _: left)._replace(places=places))
    assert walk.disposition == "left" and walk.summary.startswith("Not known beyond kind-worker, eth0")


def test_a_keepalive_of_wireguard_is_no_packet_that_was_wrapped() -> None:
    recorded = of("flannel", "wireguard", "cross-node-icmp")
    usual = [sizes(trace) for trace in stitch(recorded, recorded.sent[0])]

    def with_keepalives(frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
        out = []
        for frame in frames:
            if any(isinstance(header, Wireguard) for header in frame.stack) and frame.dev == "eth0":
                head = frame.stack[: [isinstance(h, Wireguard) for h in frame.stack].index(True)]
                said = Wireguard(7, 1), wire.Data(bytes(16))
                out.append(frame._replace(data=wire.encode((*head, *said)), time_ns=frame.time_ns - 1))
            out.append(frame)
        return tuple(out)

    walk = replay(with_frames(recorded, with_keepalives))
    assert [sizes(trace) for trace in walk.traces if trace.flow.proto == "icmp"] == usual
    assert "dropped" not in {trace.disposition for trace in walk.traces}


def test_encrypted_datagrams_of_one_length_in_two_directions_stay_apart() -> None:
    recorded = of("flannel", "wireguard", "cross-node-icmp")
    (sent,) = recorded.sent
    half = next(k for k, f in enumerate(sent.frames) if (f.netns, f.direction) == ("b", "out"))
    there, back = sent.frames[:half], sent.frames[half:]
    start = there[0].time_ns

    def at(frames: tuple[Frame, ...], first: int) -> list[Frame]:
        return [frame._replace(time_ns=first + 10 * number) for number, frame in enumerate(frames)]

    mixed = sorted([*at(there, start), *at(back, start + 5)], key=lambda frame: frame.time_ns)
    walk = replay(recorded._replace(sent=(sent._replace(frames=tuple(mixed)),)))
    ways = {trace.flow.src: [s.netns for s in trace.steps if s.event == "ingress"] for trace in walk.traces}
    assert ways["10.244.1.2"][-1] == "b" and ways["10.244.2.2"][-1] == "a"


@pytest.mark.kernel
def test_a_frame_that_a_filter_redirects_was_not_routed() -> None:
    with handmade("pod-1", "node-1", "pod-2") as made:
        made.cable("pod-1 eth0 10.1.1.2/24", "node-1 veth1 10.1.1.1/24")
        made.cable("pod-2 eth0 10.1.1.3/24", "node-1 veth2")
        made.run(f"pod-1: ip neigh add 10.1.1.3 lladdr {_mac(made, 'pod-2')} dev eth0")
        made.run(f"pod-2: ip neigh add 10.1.1.2 lladdr {_mac(made, 'pod-1')} dev eth0")
        for one, other in (("veth1", "veth2"), ("veth2", "veth1")):
            made.run(f"node-1: tc qdisc add dev {one} ingress")
            made.run(
                f"node-1: tc filter add dev {one} parent ffff: protocol ip u32 match u32 0 0 "
                f"action mirred egress redirect dev {other}"
            )
        recorded = made.record("pod-1", "10.1.1.3")
    walk = replay(recorded)
    assert walk.disposition == "delivered"
    there = [step for step in walk.traces[0].steps if step.netns == "node-1"]
    assert not [step for step in there if step.event == "route"]
    assert any("was not routed" in step.why for step in there)


def _mac(made: HandMade, netns: str) -> str:
    return made.inside[netns].run(["ip", "-br", "link", "show", "eth0"]).split()[2]


@pytest.mark.kernel
def test_a_port_without_hairpin_is_not_the_bridges_own_mac() -> None:
    with lab.open("flannel", "vxlan", ground="netns") as cluster:
        recorded = cluster.capture("b", "web", proto="tcp")
        for port in json.loads(recorded.place("kind-worker2").files["port.json"]):
            if port.get("master") == "cni0":
                off = ["bridge", "link", "set", "dev", port["ifname"], "hairpin", "off"]
                assert cluster.execute("kind-worker2", off, ()).ok
        recorded = cluster.capture("b", "web", proto="tcp")
    walk = replay(recorded)
    assert walk.disposition == "left" and walk.summary.startswith("Not known beyond kind-worker2")
    assert not [step.why for step in walk.steps if step.note[0] in ("bridge-up", "bridge-flood")]


@pytest.mark.kernel
def test_a_question_that_a_bridge_hands_up_is_not_answered_by_its_machine() -> None:
    with lab.open("flannel", "vxlan", ground="netns") as cluster:
        recorded = cluster.capture("a", "a2", cold=True)
    walk = replay(recorded)
    (up,) = [t for t in walk.traces if t.name in ("arp", "copy") and t.steps[-1].dev == "cni0" and t.flow.dst == recorded.sent[0].dst]
    assert up.disposition == "dropped" and up.steps[-1].note[0] == "not-mine"


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("proto", "ending"),
    [("tcp", "answered by a reset: no program took the connection."), ("udp", "(type 3, code 3): nobody took it.")],
)
def test_where_nobody_listens_nothing_is_said_to_arrive(proto: str, ending: str) -> None:
    with lab.open("flannel", "vxlan", ground="netns") as cluster:
        recorded = cluster.capture("a", "b:9999", proto=proto)
    walk = replay(recorded)
    assert walk.disposition == "rejected"
    assert walk.traces[0].steps[-1].why.endswith(ending)
