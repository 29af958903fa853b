"""Record what the real kube-proxies write of the Services in ``tests/recordings/kube-proxy`` (needs ``make real``)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from packetwalk.lab.proving.real.drawing import MACHINES, ZONE, machine
from packetwalk.lab.proving.real.ground import Held, Programs

FOLDER = Path(__file__).parents[3] / "recordings" / "kube-proxy"
LATELY = (
    "managedFields",
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "generation",
    "ownerReferences",
    "generateName",
)


def cases() -> list[str]:
    """Return the names of the cases."""
    return sorted(each.stem for each in FOLDER.glob("*.yaml"))


def manifests(name: str) -> tuple[dict[str, Any], ...]:
    """Return the manifests of a case."""
    return manifests_of(FOLDER / f"{name}.yaml")


def manifests_of(path: Path) -> tuple[dict[str, Any], ...]:
    """Return the manifests of a file; of a Node its zone is said."""
    return tuple(map(_whole, yaml.safe_load_all(path.read_text())))


def _whole(each: dict[str, Any]) -> Any:
    if each["kind"] != "Node":
        return each
    number = [node.name for node in MACHINES].index(each["metadata"]["name"])
    return machine(number, each["metadata"]["labels"][ZONE])


def held(name: str) -> Held:
    """Return what the API server held, as it was recorded."""
    return Held(*json.loads((FOLDER / f"{name}.held.json").read_text()))


def _lasting(each: dict[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in each["metadata"].items() if key not in LATELY}
    return {**each, "metadata": metadata}


def main() -> int:
    """Record every case."""
    with Programs() as programs:
        for name in cases():
            programs.become(())
            programs.left(lambda *_: {})
            programs.become(manifests(name))
            found = programs.held()
            told = [
                [_lasting(each) for each in found.services],
                [_lasting(each) for each in found.slices],
                found.labels,
            ]
            lines = ",\n".join(
                f"[{','.join(chr(10) + json.dumps(each, sort_keys=True) for each in some)}]"
                for some in told[:2]
            )
            (FOLDER / f"{name}.held.json").write_text(f"[{lines},\n{json.dumps(told[2])}]\n")
            for number, proxy in enumerate(programs.proxies):
                printed = programs.listing(number)
                kept = [line for line in printed.splitlines() if not line.startswith("#")]
                (FOLDER / f"{name}.{proxy.mode}.txt").write_text("\n".join(kept) + "\n")
            print(name, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
