"""Runs in the container of tools: taps in the namespaces it is told, perhaps one packet, and the frames.

The request is JSON on standard input: ``namespaces`` (name to path), ``send`` (a packet, or null),
``seconds`` (how long to listen when nothing is sent), ``addresses`` (only frames that bear one of
them), ``payload`` (false: bytes after the headers become zeros).  The answer is JSON on standard output.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import struct
import sys
import time
from collections.abc import Mapping
from typing import Any

from packetwalk.errors import LabError
from packetwalk.lab.kind.redact import bears, headers_only
from packetwalk.lab.namespaces import Namespace
from packetwalk.lab.sniff import Seen, Sniffer
from packetwalk.lab.traffic import send

MOST = 20_000  # frames
SIOCGIFHWADDR, ETHERNET, LOOPBACK = 0x8927, 1, 772  # linux/sockios.h, linux/if_arp.h


class Found(Namespace):
    """A network namespace that is there already, entered by its path."""

    def __init__(self, name: str, path: str) -> None:
        try:
            self.name, self.fd = name, os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise LabError(f"{name}: {path}: {error.strerror}") from None


def listen(request: Mapping[str, Any]) -> dict[str, Any]:
    """Do what a request says and return ``frames`` (the fields of a Frame, its bytes in hex) and ``said``."""
    held: dict[str, Namespace] = {name: Found(name, path) for name, path in request["namespaces"].items()}
    bare = {(name, dev) for name, namespace in held.items() for dev in namespace.inside(_bare)}
    taps = Sniffer(held)
    said = ""
    try:
        packet = request["send"]
        if packet:
            taps.collect()
            said = send(held[packet.pop("src")], packet.pop("dst"), packet.pop("dport"), **packet)
            seen = taps.collect()
        else:
            seen = _for(taps, request["seconds"])
    finally:
        taps.close()
        for namespace in held.values():
            namespace.close()
    keep, addresses = request["payload"], request["addresses"]
    frames = []
    for each in seen[:MOST]:
        first = "ip" if (each.netns, each.dev) in bare else "eth"
        if bears(each.frame, addresses, first):
            data = each.frame if keep else headers_only(each.frame, first)
            frames.append([each.netns, each.dev, each.direction, each.time, data.hex(), first == "ip"])
    return {"said": said, "frames": frames}


def _bare() -> list[str]:
    """Return the devices of the calling thread's namespace whose frames begin with an IP header."""
    out = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for _, dev in socket.if_nameindex():
            answer = fcntl.ioctl(asking, SIOCGIFHWADDR, struct.pack("16s24x", dev.encode()))
            if struct.unpack_from("=H", answer, 16)[0] not in (ETHERNET, LOOPBACK):
                out.append(dev)
    return out


def _for(taps: Sniffer, seconds: float) -> list[Seen]:
    seen: list[Seen] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end and len(seen) < MOST:
        seen += taps.collect(limit=0.5)
        time.sleep(0.02)
    return seen


def main() -> int:
    """Answer one request; 2 and one line for what cannot be done."""
    try:
        answer = listen(json.load(sys.stdin))
    except LabError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    json.dump(answer, sys.stdout)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
