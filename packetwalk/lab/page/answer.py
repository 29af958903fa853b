"""What came of a job in the guest, read as a recording."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from itertools import groupby
from typing import Literal, NamedTuple

from packetwalk.capture.frames import Frame
from packetwalk.capture.recording import COMMANDS, VERSION, Place, Recording, Sent
from packetwalk.errors import LabError
from packetwalk.lab.kernel import probing
from packetwalk.lab.kernel.inventory import named
from packetwalk.lab.page.job import ExpectedFrames, Job
from packetwalk.tables.sysctl import OF_DEVICE

GROUND = "page"


class Reply(NamedTuple):
    """What came of one order."""

    status: int
    data: bytes


def replies(answer: bytes) -> list[Reply]:
    """Read an answer: for each order a line with its status and a length, then so many bytes."""
    out, at = [], 0
    while at < len(answer):
        end = answer.index(b"\n", at)
        status, size = map(int, answer[at:end].split())
        out.append(Reply(status, answer[end + 1 : end + 1 + size]))
        at = end + 1 + size
    return out


def recording(job: Job, answer: bytes, kernel: str) -> Recording:
    """Return the recording of a job; LabError, in one line, with what the guest's kernel refused."""
    came = replies(answer)
    if len(came) < len(job.orders):
        refused = job.orders[len(came) - 1] if came else job.orders[0]
        said = came[-1].data.decode(errors="replace").strip().splitlines() if came else []
        words = " ".join(refused.words)
        raise LabError(f"{refused.netns}: {refused.op} {words}: {said[0] if said else 'failed'}")
    lost = dict(line.split() for line in came[job.lost].data.decode().splitlines())
    network = job.network
    about = {
        "version": VERSION,
        "ground": GROUND,
        "kernel": kernel,
        **({"lost": {name: int(many) for name, many in lost.items()}} if lost else {}),
        **({"before": True} if network.before else {}),
    }
    return Recording(about, tuple(_places(job, came)), tuple(_sent(each, came) for each in job.sent))


def _sent(expected: ExpectedFrames, came: list[Reply]) -> Sent:
    sent = probing.sent(expected.probe, frames(came[expected.frames].data))
    return sent._replace(said=came[expected.said].data.decode())


def frames(data: bytes) -> list[Frame]:
    """Read frames, in the order of their times; a namespace's own order is kept."""
    out, at = [], 0
    while at < len(data):
        end = data.index(b"\n", at)
        netns, dev, way, stamp, bare, size = data[at:end].decode().split()
        seconds, _, nanos = stamp.partition(".")
        direction: Literal["in", "out"] = "out" if way == "out" else "in"
        body = data[end + 1 : end + 1 + int(size)]
        out.append(Frame(netns, dev, direction, int(seconds) * 10**9 + int(nanos), body, bare == "1"))
        at = end + 1 + int(size)
    out.sort(key=lambda frame: frame.netns)
    by_netns = [list(each) for _, each in groupby(out, key=lambda frame: frame.netns)]
    return list(heapq.merge(*by_netns, key=lambda frame: frame.time_ns))


def _places(job: Job, came: list[Reply]) -> Iterable[Place]:
    """Yield every namespace with what its tools printed."""
    files: dict[str, dict[str, str]] = {}
    for netns, names, at in job.printed:
        text = came[at].data.decode()
        of_netns = files.setdefault(netns, {})
        if names == ("sysctl.txt",):
            of_netns["sysctl.txt"] = _settings(text)
        elif len(names) == 1:
            of_netns[names[0]] = text
        else:
            lines = text.splitlines(keepends=True)
            if len(lines) != len(names):
                raise LabError(f"{netns}: {len(lines)} lines for {', '.join(names)}")
            of_netns |= dict(zip(names, lines, strict=True))
    known = named(job.network)
    for netns, printed in files.items():
        yield Place(netns, *known[netns], files={name: printed[name] for name in COMMANDS if name in printed})


def _settings(text: str) -> str:
    """Return settings as a recording has them, from lines PATH=VALUE."""
    found = dict(line.removeprefix("/proc/sys/").split("=", 1) for line in text.splitlines())
    devices = {path.split("/")[3] for path in found if path.startswith("net/ipv4/conf/")}

    def setting(key: str) -> str | None:
        of_device = OF_DEVICE.fullmatch(key)
        parts = ("net", "ipv4", "conf", *of_device.groups()) if of_device else key.split(".")
        return found.get("/".join(parts))

    return probing.settings(COMMANDS["sysctl.txt"][1:], devices, setting)
