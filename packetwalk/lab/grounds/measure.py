"""How fast it is here: iperf3 and ping between two places, and what no machine can exceed.

A measurement is of this machine, now: its processors, its kernel, what else runs.  A ceiling is
arithmetic on the frame that a full-size packet becomes, and the same everywhere.
"""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, NamedTuple

from packetwalk.capture.output import Output
from packetwalk.errors import BadInput, LabError

if TYPE_CHECKING:
    from packetwalk.lab.grounds.ground import Ground

BETWEEN_FRAMES = 24  # bytes of a link's time: preamble 8, check sequence 4, gap 12 (IEEE 802.3)
IP, ICMP, TCP, TIMESTAMPS = 20, 8, 20, 12
MOST_SECONDS = 5
TICKS = 100  # a second in /proc/stat (USER_HZ)
PINGS = 20
TRIES, PAUSE = 30, 0.1  # while the server is not yet there
PORT = "5201"


class Ceiling(NamedTuple):
    """What full-size TCP segments can carry at most: ``mtu`` of the sender, ``payload`` of a segment with
    time stamps, ``frame`` between the nodes, all in bytes (a frame without its check sequence)."""

    mode: str
    mtu: int
    payload: int
    frame: int

    @property
    def share(self) -> float:
        """The part of a link's bits that is payload, 0 to 1."""
        return self.payload / (self.frame + BETWEEN_FRAMES)

    def goodput(self, rate: float) -> float:
        """Return the payload, in the unit of ``rate``, that a link of that rate carries."""
        return rate * self.share

    def packets(self, rate: float) -> float:
        """Return the full-size packets a second on a link of ``rate`` bits a second."""
        return rate / 8 / (self.frame + BETWEEN_FRAMES)


class Measurement(NamedTuple):
    """One run of iperf3 (TCP, one stream) and of ping.

    ``bytes`` of payload that arrived in ``seconds``; ``cpu`` is how many processors of the whole machine
    were busy meanwhile, ``rtt`` the mean round trip in ms.  All are None when ``why`` says why there is
    no measurement; ``note`` is what to know of one.
    """

    ground: str
    plugin: str
    mode: str
    src: str
    dst: str
    bytes: int | None = None
    seconds: float | None = None
    cpu: float | None = None
    rtt: float | None = None
    why: str = ""
    note: str = ""

    @property
    def gbits(self) -> float | None:
        """The payload in Gbit/s."""
        return self.bytes * 8 / self.seconds / 1e9 if self.bytes is not None and self.seconds else None

    def __repr__(self) -> str:
        what = f"{self.plugin} {self.mode}, {self.src} to {self.dst}, on {self.ground}: "
        if self.gbits is None:
            return f"{what}not measured: {self.why}"
        text = f"{self.gbits:.2f} Gbit/s, {self.cpu:.1f} processors busy, {self.rtt:.3f} ms there and back"
        return f"{what}{text}{f' ({self.note})' if self.note else ''}"


def ceiling(cluster: Ground, src: str, dst: str) -> Ceiling:
    """Return the ceiling between a pod and a place on another node, by the frames of a full-size ping."""
    link = cluster.pod(src).run("ip link show eth0")
    found = re.search(r"mtu (\d+)", link)
    if found is None:
        raise LabError(f"{src}: no MTU of eth0: {link.strip()}")
    mtu = int(found[1])
    frames = cluster.capture(src, dst, size=mtu - IP - ICMP, df=True).packet().frames
    out = [f for f in frames if f.netns in cluster.nodes and f.dev == "eth0" and f.direction == "out"]
    if not out:
        raise LabError(f"a full-size packet from {src} to {dst} leaves no node")
    return Ceiling(cluster.mode, mtu, mtu - IP - TCP - TIMESTAMPS, len(out[0].data))


def measure(cluster: Ground, src: str, dst: str, seconds: int, note: str = "") -> Measurement:
    """Measure from pod or node to pod or node; iperf3 runs for ``seconds`` (1 to 5).

    LabError when there is no way between them.  Without iperf3 there is no measurement, and it says so.
    """
    if not isinstance(seconds, int) or not 1 <= seconds <= MOST_SECONDS:
        raise BadInput("seconds", seconds, [f"1 to {MOST_SECONDS}"])
    empty = Measurement(cluster.ground, cluster.plugin, cluster.mode, src, dst)
    target = cluster.address(dst)
    server = ["iperf3", "--server", "--one-off", "--daemon", "--idle-timeout", "10", "--port", PORT]
    started = cluster.execute(dst, server)
    if started.code == 127:
        return empty._replace(why="iperf3 is not here; on Debian: sudo apt-get install iperf3")
    _demand(started, dst)
    client = ["iperf3", "--client", target, "--port", PORT, "--time", str(seconds), "--json"]
    for _ in range(TRIES):
        before, begun = _busy(cluster, src), time.monotonic()
        said = _result(cluster.execute(src, client))
        used, passed = _busy(cluster, src) - before, time.monotonic() - begun
        if "refused" not in said.get("error", ""):
            break
        time.sleep(PAUSE)
    if "error" in said:
        raise LabError(f"iperf3 from {src} to {dst}: {said['error']}")
    got = said["end"]["sum_received"]
    rtt = _round_trip(cluster, src, dst)
    return empty._replace(bytes=got["bytes"], seconds=got["seconds"], cpu=used / passed, rtt=rtt, note=note)


def _demand(said: Output, where: str) -> None:
    if not said.ok:
        raise LabError(f"{where}: {said.command}: {(said.splitlines() or ['failed'])[0]}")


def _result(said: Output) -> dict:
    try:
        return json.loads(said.text)
    except ValueError:
        return {"error": (said.strip().splitlines() or ["no answer"])[-1]}


def _busy(cluster: Ground, where: str) -> float:
    """Return the seconds that all processors have worked since the machine started."""
    said = cluster.execute(where, ["cat", "/proc/stat"])
    _demand(said, where)
    user, nice, system, _idle, _wait, irq, softirq = map(int, said.split()[1:8])
    return (user + nice + system + irq + softirq) / TICKS


def _round_trip(cluster: Ground, src: str, dst: str) -> float:
    said = cluster.execute(
        src, ["ping", "-q", "-c", str(PINGS), "-i", "0.01", "-W", "1", cluster.address(dst)]
    )
    found = re.search(r"= [\d.]+/([\d.]+)/", said)
    if found is None:
        raise LabError(f"ping from {src} to {dst}: {(said.strip().splitlines() or ['no answer'])[-1]}")
    return float(found[1])
