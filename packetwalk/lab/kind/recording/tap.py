"""Runs in the container of tools: taps in the namespaces it is told, perhaps one packet, and the frames.

The request is JSON on standard input: ``namespaces`` (name to path), ``send`` (a probe, or null),
``seconds`` (how long to listen when nothing is sent), ``addresses`` (only frames that bear one of
them), ``payload`` (false: bytes after the headers become zeros).  The answer is JSON on standard output.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from packetwalk.capture.frames import Frame
from packetwalk.capture.headers import headers_only
from packetwalk.capture.joining.redact import bears
from packetwalk.capture.recording import Probe
from packetwalk.errors import LabError
from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.lab.kernel.probing import warming
from packetwalk.lab.kernel.record import Recorder
from packetwalk.lab.kernel.sniff import Sniffer

MOST = 20_000  # frames


class JoinedNamespace(Namespace):
    """A network namespace that is there already, entered by its path."""

    def __init__(self, name: str, path: str) -> None:
        try:
            self.name, self.fd = name, os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise LabError(f"{name}: {path}: {error.strerror}") from None


def listen(request: Mapping[str, Any]) -> dict[str, Any]:
    """Do what a request says; return ``frames``, the fields of each with its bytes in hex, and ``lost``, how many there
    was no room for, by namespace."""
    held: dict[str, Namespace] = {
        name: JoinedNamespace(name, path) for name, path in request["namespaces"].items()
    }
    try:
        if request["send"]:
            probe = Probe.read(request["send"])
            with Recorder(held, {}) as recorder:
                frames: Iterable[Frame] = recorder.send(probe, warming(probe)).frames
                lost = recorder.lost
        else:
            frames, lost = _for(held, request)
        return {"frames": list(_kept(frames, request)), "lost": lost}
    finally:
        for namespace in held.values():
            namespace.close()


def _for(held: dict[str, Namespace], request: Mapping[str, Any]) -> tuple[list[Frame], dict[str, int]]:
    seen: list[Frame] = []
    sniffer = Sniffer(held)
    try:
        end = time.monotonic() + request["seconds"]
        while time.monotonic() < end and len(seen) < MOST:
            seen += sniffer.collect(limit=0.5)
            time.sleep(0.02)
        return seen[:MOST], sniffer.lost
    finally:
        sniffer.close()


def _kept(frames: Iterable[Frame], request: Mapping[str, Any]) -> Iterator[list[Any]]:
    for frame in frames:
        first = "ip" if frame.bare else "eth"
        if bears(frame.data, request["addresses"], first):
            data = frame.data if request["payload"] else headers_only(frame.data, first)
            yield [frame.netns, frame.dev, frame.direction, frame.time_ns, data.hex(), frame.bare]


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
