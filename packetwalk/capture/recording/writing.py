"""Write a recording as a folder, whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from glob import escape
from pathlib import Path

from packetwalk.capture.recording.values import HEAD, VERSION, Place, Recording, Sent
from packetwalk.errors import BadInput, LabError
from packetwalk.wire.pcap import ETHERNET, write_pcapng

RAW = 101  # link type of bare IP packets


def write(recording: Recording, path: Path | str) -> None:
    """Write a recording as a folder, whole or not at all; BadInput when something is there already.

    LabError in one line when the disk is full or the place may not be written to.  What a writer that
    was killed has left beside it goes.
    """
    target = Path(path)
    if target.exists():
        raise BadInput("folder for the recording", str(target), ["one that does not exist yet"])
    part = target.parent / f".{target.name}.{os.getpid()}.part"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for each in target.parent.glob(f".{escape(target.name)}.*.part"):
            if not _alive(each.suffixes[-2:]):
                shutil.rmtree(each, ignore_errors=True)
        part.mkdir()
        _fill(part, recording)
        part.rename(target)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise LabError(f"recording, {target}: {error.strerror or error}; nothing was kept") from None
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _alive(suffixes: list[str]) -> bool:
    """Say whether the process still runs whose number is the first suffix, ``.4711``; in doubt it does."""
    try:
        os.kill(int(suffixes[0][1:]), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError, IndexError):
        return True
    return True


def _fill(folder: Path, recording: Recording) -> None:
    head = {
        "about": {"version": VERSION, **recording.about},
        "places": [_place(place) for place in recording.places],
        "sent": [_probe(sent) for sent in recording.sent],
    }
    (folder / HEAD).write_text(json.dumps(head, indent=1) + "\n")
    for place in recording.places:
        (folder / place.netns).mkdir()
        for name, text in place.files.items():
            (folder / place.netns / name).write_text(text)
    for sent in recording.sent:
        (folder / f"{sent.name}.pcapng").write_bytes(_pcapng(sent))


def _place(place: Place) -> dict[str, object]:
    """Return what the head says of a namespace."""
    missing = {"missing": list(place.missing)} if place.missing else {}
    return {"netns": place.netns, "node": place.node, "kind": place.kind, "label": place.label, **missing}


def _probe(sent: Sent) -> dict[str, object]:
    """Return what the head says of a packet; that nobody had asked ARP is said of the whole recording."""
    return {name: value for name, value in sent.probe.json().items() if name != "cold"}


def _pcapng(sent: Sent) -> bytes:
    names = list(dict.fromkeys(f"{f.netns}:{f.dev}" for f in sent.frames))
    bare = {f"{f.netns}:{f.dev}" for f in sent.frames if f.bare}
    return write_pcapng(
        [(name, RAW if name in bare else ETHERNET) for name in names],
        [(names.index(f"{f.netns}:{f.dev}"), f.time_ns, f.direction, f.data) for f in sent.frames],
    )
