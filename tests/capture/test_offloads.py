"""What a card cuts behind the tap (TSO, UDP GSO) or puts together before it (GRO): the same bytes, in other packets.

The switch between the nodes is not recorded; it cuts as a card does.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from packetwalk.capture.frames import Frame
from packetwalk.capture.recording import Recording
from packetwalk.trace.step import Trace
from packetwalk.walks.replay import replay
from packetwalk.walks.walk import Walk
from packetwalk.wire import Data
from tests.capture.handmade import HandMade, handmade
from tests.capture.kinds import NODE1, NODE2, PLACES, A, B, addressed, pods, routed
from tests.waiting import HANGS

pytestmark = pytest.mark.kernel

SWITCH, UDP_SEGMENT, PIECE, PORT = "switch", 103, 1000, 8080
SENT = bytes(n * 7 % 251 for n in range(20000))
CUT, JOIN = "tso off gso off tx-udp-segmentation off", "gro on rx-udp-gro-forwarding on"


def stream() -> None:
    """Send all of it to the second pod."""
    with socket.create_connection(("10.1.2.2", PORT), timeout=HANGS) as opened:
        opened.sendall(SENT)
        time.sleep(0.3)


def datagrams() -> None:
    """Send a few datagrams to the second pod by one call."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, PIECE)
        opened.sendto(SENT[: 5 * PIECE + 300], ("10.1.2.2", 9))


def switched(made: HandMade) -> None:
    """Join the nodes by a switch that cuts what is too large for a wire."""
    made.run(f"{SWITCH}: ip link add br0 type bridge", f"{SWITCH}: ip link set br0 up")
    for node, port in ((NODE1, "p1"), (NODE2, "p2")):
        made.cable(f"{node} eth0", f"{SWITCH} {port}")
        made.run(f"{SWITCH}: ip link set {port} master br0", f"{SWITCH}: ethtool -K {port} {CUT}")


def cut(made: HandMade) -> None:
    switched(made)
    routed_nodes(made)


def put_together(made: HandMade) -> None:
    """Let the first node cut, and the second put together."""
    made.cable(f"{NODE1} eth0", f"{NODE2} eth0")
    made.run(f"{NODE1}: ethtool -K eth0 {CUT}", f"{NODE2}: ethtool -K eth0 {JOIN}")
    routed_nodes(made)


def otherwise(made: HandMade) -> None:
    """Let the switch cut, and the second node put together less than there was."""
    switched(made)
    made.run(f"{NODE2}: ethtool -K eth0 {JOIN}", f"{NODE2}: ip link set eth0 gro_max_size 4000")
    routed_nodes(made)


def routed_nodes(made: HandMade) -> None:
    addressed(made, "eth0")
    routed(made)


def overlaid(made: HandMade) -> None:
    """Let the switch cut what is inside a tunnel, and the tunnel's device put it together (``gro_cells``)."""
    switched(made)
    addressed(made, "eth0")
    for node, me, other in ((NODE1, 1, 2), (NODE2, 2, 1)):
        made.run(
            f"{node}: ip link add tun0 type vxlan id 7 dstport 4790 local 192.168.7.{me} remote 192.168.7.{other}"
        )
        made.run(f"{node}: ip link set veth0 mtu 1450")
    made.run(*[f"{pod}: ip link set eth0 mtu 1450" for pod in (A, B)])
    addressed(made, "tun0", "10.99.0")
    routed(made, "tun0", "10.99.0")


WAYS = {
    "cut behind the first tap": cut,
    "put together before the second": put_together,
    "cut, then put together otherwise": otherwise,
    "cut inside a tunnel, put together behind it": overlaid,
}


@pytest.fixture(scope="module", params=WAYS)
def sent(request: pytest.FixtureRequest) -> Iterator[tuple[str, Recording, Recording]]:
    """The name of a way, a stream's recording there and one of datagrams."""
    with handmade(*PLACES, SWITCH, listens={B: PORT}) as made:
        pods(made)
        WAYS[request.param](made)
        made.watch(A, stream, *PLACES)  # who is where is known then
        yield request.param, made.watch(A, stream, *PLACES), made.watch(A, datagrams, *PLACES)


def lengths(recorded: Recording, netns: str, direction: str) -> list[int]:
    """Return how long the frames with data were at a node's card."""
    frames: list[Frame] = [
        f for f in recorded.sent[0].frames if (f.netns, f.dev, f.direction) == (netns, "eth0", direction)
    ]
    return [len(f.data) for f in frames if len(f.data) > 200]


def carrying(walk: Walk) -> list[Trace]:
    """Return the traces of packets that carry something to the second pod."""
    return [
        each
        for each in walk.traces
        if each.flow.dst == "10.1.2.2" and any(_carries(step.after or step.before) for step in each.steps)
    ]


def _carries(stack: tuple) -> bool:
    return bool(stack) and isinstance(stack[-1], Data) and bool(stack[-1].content)


def test_the_kernel_did_so(sent: tuple[str, Recording, Recording]) -> None:
    name, streamed, _ = sent
    left, came = lengths(streamed, NODE1, "out"), lengths(streamed, NODE2, "in")
    if name.startswith("put"):
        assert max(left) < 1600 < max(came), (left, came)
    elif name.startswith("cut, then"):
        assert left != came and max(left) > 1600, (left, came)
    else:
        assert max(came) < 1600 < max(left), (left, came)


@pytest.mark.parametrize("which", [1, 2], ids=["stream", "datagrams"])
def test_all_that_was_sent_is_followed_to_the_end(
    sent: tuple[str, Recording, Recording], which: int
) -> None:
    walk = replay(sent[which])  # type: ignore[arg-type]
    begun = [each for each in walk.traces if each.steps[0].event == "originate"]
    assert {each.steps[0].netns for each in begun if each.flow.dst == "10.1.2.2"} == {A}
    ends = {(each.name, each.disposition, each.steps[-1].netns) for each in carrying(walk)}
    assert {where for _, _, where in ends} <= {NODE2, B}, ends
    assert all(each.cause is not None for each in carrying(walk) if each.steps[0].event != "originate")
