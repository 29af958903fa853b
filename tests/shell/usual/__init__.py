"""The usual commands of readers, labs, hints and pages, with what real namespaces answered.

One file a cluster, ``PLUGIN-MODE.txt``; ``PLUGIN-MODE.mistyped.txt`` has commands with something wrong in them.
"""

from __future__ import annotations

from pathlib import Path

from packetwalk import lab
from tests.shell import transcript
from tests.shell.masks import masked
from tests.shell.transcript import Said


def typed(path: Path, ground: str) -> list[Said]:
    """Return the commands of a transcript with what a ground answers, in one cluster and in order."""
    plugin, mode = path.stem.partition(".")[0].split("-", 1)
    with lab.open(plugin, mode, ground=ground) as cluster:
        out = []
        for said in transcript.read(path):
            place = (cluster.pod if said.place in cluster.pods else cluster.node)(said.place)
            came = place.run(said.command)
            lines = masked(said.command, came.text)
            out.append(said._replace(lines=tuple(lines), code=came.code))
    return out
