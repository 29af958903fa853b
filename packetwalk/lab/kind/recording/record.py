"""A recording of a kind cluster: what the tools print in chosen namespaces, and frames of chosen pods.

Only ``capture.recording.COMMANDS`` are run, and of pods and nodes only name, place and address are
asked for: environment variables, annotations, secrets and ConfigMaps never leave the cluster.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from packetwalk.capture.frames import Frame
from packetwalk.capture.recording import COMMANDS, Place, Probe, Recording, Sent
from packetwalk.errors import BadInput
from packetwalk.lab.kind.recording.foreign import Foreign
from packetwalk.lab.kind.running.programs import call
from packetwalk.lab.kind.running.reach import Reach
from packetwalk.trace.packet import Packet

CONNECTIONS = "conntrack.txt"


def record(
    reach: Reach,
    *,
    nodes: Iterable[str] | None = None,
    pods: Iterable[str] | None = None,
    send: Probe | None = None,
    seconds: float = 0,
    payload: bool = False,
    about: Mapping[str, Any] | None = None,
) -> Recording:
    """Record the chosen nodes and pods (all of the namespace's when None).

    With ``send`` one packet is sent and its frames kept; without it nothing is sent, and for
    ``seconds`` the frames of the chosen pods are kept.  Without ``payload`` every byte after a
    frame's headers is zero.  BadInput for names that are not there.
    """
    chosen = _chosen("node", nodes, reach.nodes)
    held = [pod for pod in _chosen("pod", pods, reach.pods) if reach.pods[pod].node in chosen]
    inside = [*chosen, *held]
    if send is not None and send.src not in inside:
        raise BadInput("sender", send.src, inside)
    heard = [_listen(reach, inside, held, send, seconds, payload)] if send or seconds else []
    sent, lost = tuple(each for each, _ in heard), dict(item for _, each in heard for item in each.items())
    known = {reach.pods[pod].address for pod in held} | ({send.dst} if send else set())
    places = tuple(_place(reach, netns, known) for netns in inside)
    kernel = reach.run(chosen[0], ["uname", "-sr"]).strip() if chosen else ""
    told = {"ground": "kind", "kernel": kernel, "payload": "kept" if payload else "zeroed", **(about or {})}
    told |= {"lost": lost} if lost else {}
    return Recording(told, places, sent)


def record_cluster(
    name: str,
    *,
    namespace: str = "default",
    nodes: Iterable[str] | None = None,
    pods: Iterable[str] | None = None,
    ping: tuple[str, str] | None = None,
    seconds: float = 0,
    payload: bool = False,
) -> Recording:
    """Record a kind cluster that somebody else made, which is only read; options as in ``record``.

    ``ping`` is a pod or node and a pod, node or service: one ping is sent from there to there.
    """
    with Foreign(name) as cluster:
        reach = Reach(cluster, namespace)
        send = None
        if ping is not None:
            src, dst = ping
            address = reach.find(dst)
            if address is None:
                raise BadInput("destination", dst, [*reach.pods, *reach.nodes, *reach.services])
            send = Probe(f"{src}-{dst}-icmp", src, address, 0)
        about = {"note": f"kind cluster {name}, namespace {namespace}"}
        return record(reach, nodes=nodes, pods=pods, send=send, seconds=seconds, payload=payload, about=about)


def _chosen(what: str, asked: Iterable[str] | None, known: Mapping[str, Any]) -> list[str]:
    names = list(known) if asked is None else list(asked)
    for name in names:
        if name not in known:
            raise BadInput(what, name, known)
    return names


def _place(reach: Reach, netns: str, known: set[str]) -> Place:
    """Return the tables of a namespace; of its connections only those of the chosen pods."""
    files = {}
    for file, argv in COMMANDS.items():
        answer = reach.run(netns, argv)
        if answer.code == 0:
            files[file] = answer.text if file != CONNECTIONS else _of(answer.text, known)
    node = netns in reach.nodes
    address = reach.nodes[netns] if node else reach.pods[netns].address
    return Place(
        netns,
        reach.node_of(netns),
        "node" if node else "pod",
        f"{'node' if node else 'pod'} {address}",
        files,
    )


def _of(connections: str, known: set[str]) -> str:
    lines = connections.splitlines(keepends=True)
    return "".join(line for line in lines if known & set(re.findall(r"(?:src|dst)=(\S+)", line)))


def _listen(
    reach: Reach, inside: list[str], pods: list[str], send: Probe | None, seconds: float, payload: bool
) -> tuple[Sent, dict[str, int]]:
    """Return what was sent with its frames, or all that was heard, and how many frames were lost, by namespace."""
    wanted = {reach.pods[pod].address for pod in pods}
    if send is not None:
        here = reach.nodes[send.src] if send.src in reach.nodes else reach.pods[send.src].address
        wanted |= {here, send.dst}
    request = {
        "namespaces": {netns: reach.path(netns) for netns in inside},
        "send": send and send.json(),
        "seconds": seconds,
        "addresses": sorted(wanted),
        "payload": payload,
    }
    asked = [
        "docker",
        "exec",
        "--interactive",
        reach.cluster.tools,
        "python3",
        "-m",
        "packetwalk.lab.kind.recording.tap",
    ]
    answer = json.loads(call(asked, text=json.dumps(request), timeout=60 + seconds))
    frames = tuple(
        Frame(netns, dev, direction, time, bytes.fromhex(data), bare)
        for netns, dev, direction, time, data, bare in answer["frames"]
    )
    sent = Sent("heard", "", "", 0, Packet(), frames) if send is None else Sent(*send, frames=frames)
    return sent, answer["lost"]
