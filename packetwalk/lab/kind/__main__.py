"""Rooms without internet, and tidying up.

python3 -m packetwalk.lab.kind save FOLDER      pull all images and files, write them and their digests
python3 -m packetwalk.lab.kind load FOLDER      check and load such a folder: then no network is needed
python3 -m packetwalk.lab.kind lock             say what the registries have for each pinned image
python3 -m packetwalk.lab.kind delete PLUGIN    remove the cluster that a lab left
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from packetwalk.errors import BadInput, LabError
from packetwalk.lab.kind import images
from packetwalk.lab.kind.cluster import Cluster

USES = ("save FOLDER", "load FOLDER", "lock", "delete PLUGIN")


def main(arguments: Sequence[str]) -> int:
    """Run the command; 2 and one line for wrong input and for what this machine cannot do."""
    try:
        print("\n".join(_run(list(arguments))))
    except (BadInput, LabError) as error:
        sys.stderr.write(f"kind: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("kind: stopped; nothing was kept\n")
        return 130
    return 0


def _run(words: list[str]) -> list[str]:
    match words:
        case ["save", folder]:
            return images.save(Path(folder))
        case ["load", folder]:
            return images.load(Path(folder))
        case ["lock"]:
            return images.lock()
        case ["delete", plugin]:
            cluster = Cluster(plugin)
            if cluster.exists() and not cluster.ours():
                raise LabError(f"the cluster {cluster.name} was not made here and is left alone")
            cluster.delete()
            return [f"{cluster.name} is gone"]
    raise BadInput("arguments", " ".join(words), USES)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
