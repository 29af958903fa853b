"""Files of nodes, as record-node.sh writes them, made of a recording that is there."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from packetwalk.capture.frames import Frame
from packetwalk.capture.recording import Recording
from packetwalk.wire.pcap import ETHERNET, write_pcap

ABOUT = "version 1\nkernel Linux 6.1\nseconds 4\nbytes 128\nfilter not port 22\n"
RAW = 101


def write(path: Path, contents: Mapping[str, bytes | str]) -> Path:
    """Write a .tgz of files by name."""
    with tarfile.open(path, "w:gz") as tar:
        for name, content in contents.items():
            data = content if isinstance(content, bytes) else content.encode()
            member = tarfile.TarInfo(f"recording/{name}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def contents(recording: Recording, node: str, *, ahead: int = 0, names: bool = True) -> dict[str, bytes | str]:
    """Return what the script would have written on a node whose clock is ``ahead`` nanoseconds."""
    out: dict[str, bytes | str] = {}
    about = ABOUT
    held = [place for place in recording.places if place.node == node]
    for number, place in enumerate(held):
        folder = place.kind if place.kind == "node" else f"{place.kind}-{number}"
        about += f"place {folder} {place.kind} {place.netns if names else '-'}\n"
        for when in ("before", "after"):
            out |= {f"{folder}/{when}/{name}": text for name, text in place.files.items()}
            out[f"{folder}/{when}/missing"] = "".join(f"{name} tool\n" for name in place.missing)
        frames = [frame for sent in recording.sent for frame in sent.frames if frame.netns == place.netns]
        out |= {
            f"{folder}/frames/{dev}.{way}.pcap": _pcap(each, ahead) for (dev, way), each in _by_tap(frames).items()
        }
    return {"about.txt": f"{about}end\n", **out}


def _by_tap(frames: Iterable[Frame]) -> dict[tuple[str, str], list[Frame]]:
    out: dict[tuple[str, str], list[Frame]] = {}
    for frame in frames:
        out.setdefault((frame.dev, frame.direction), []).append(frame)
    return out


def _pcap(frames: Iterable[Frame], ahead: int) -> bytes:
    frames = [*frames]
    return write_pcap([(each.time_ns + ahead, each.data) for each in frames], RAW if frames[0].bare else ETHERNET)


def nodes(recording: Recording) -> list[str]:
    """Return the names of its nodes."""
    return [place.netns for place in recording.places if place.kind == "node"]
