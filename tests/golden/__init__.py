"""Golden walks: what the model said when somebody last looked.

=========================  =====================================================================================
``NAME.txt``               what ``packetwalk walk`` prints; lines that begin with ``#`` are what it does not print
                           (``tests/golden/text.py``), down to a digest of the walk's JSON
``PLUGIN-MODE.tables.txt`` the tables and devices that walks of a mode look into; a walk's own file shows only
                           where its tables differ, by what was learnt or by a fault
``layouts.txt``            which bits of each header are which field
``asked/NAME.txt``         a scenario that users ask for, in all modes: how it ends, and the steps that decide
                           (``tests/golden/asked.py``)
``contract/NAME.json``     a few walks whole, which together have every member that any walk has
=========================  =====================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import packetwalk
from packetwalk import wire
from packetwalk.cni import Plugin, Scenario, plugins
from packetwalk.walks.catalogue import ASKED
from packetwalk.walks.releases import differing
from packetwalk.walks.scenario import scenarios
from tests.golden import asked, contract, tables, text

FOLDER = Path(__file__).parent
CONTRACT = (
    "calico-ipip-3.32-cross-node",
    "calico-ipip-mtu-mismatch",
    "flannel-nftables",
    "flannel-vxlan-br-netfilter-off",
    "flannel-wireguard-udp-51820-blocked",
    "weave-fastdp-encrypted-wrong-password",
    "weave-sleeve-encrypted-service",
    "weave-sleeve-udp-6783-blocked",
)


def cases() -> Iterator[tuple[str, dict]]:
    """Yield (name, arguments of packetwalk.walk) of every golden walk."""
    for plugin in plugins().values():
        for mode in plugin.modes:
            for scenario in ordinary(plugin):
                yield (
                    f"{plugin.name}-{mode.name}-{scenario.name}",
                    {"plugin": plugin.name, "mode": mode.name, "scenario_name": scenario.name},
                )
        for fault in plugin.faults:
            mode = plugin.modes_with(fault)[0].name
            yield (
                f"{plugin.name}-{mode}-{fault.name}",
                {
                    "plugin": plugin.name,
                    "mode": mode,
                    "scenario_name": fault.shows[0],
                    "fault": fault.name,
                },
            )
        first = {"plugin": plugin.name, "mode": plugin.modes[0].name}
        yield f"{plugin.name}-cold", {**first, "scenario_name": "cross-node", "cold": True}
        yield f"{plugin.name}-fragments", {**first, "scenario_name": "cross-node", "size": 2000}
        yield f"{plugin.name}-ttl", {**first, "scenario_name": "cross-node", "ttl": 2}
        for rules in plugin.rules[1:]:
            yield f"{plugin.name}-{rules}", {**first, "scenario_name": "service", "rules": rules}
        for release in plugin.releases[1:]:
            for mode in plugin.modes:
                if "cross-node" in differing(plugin.name, mode.name, release.name):
                    yield (
                        f"{plugin.name}-{mode.name}-{release.name}-cross-node",
                        {
                            "plugin": plugin.name,
                            "mode": mode.name,
                            "scenario_name": "cross-node",
                            "release": release.name,
                        },
                    )
        yield f"{plugin.name}-data", {**first, "scenario_name": "cross-node", "proto": "tcp", "size": 2000}


def ordinary(plugin: Plugin) -> list[Scenario]:
    """Return the scenarios that have a golden walk in every mode; ``tests.golden.asked`` has the others."""
    return [scenario for scenario in scenarios(plugin) if scenario not in ASKED]


@cache
def walk(name: str) -> tuple[str, dict]:
    """Return a golden walk as it is now: what is printed of it, and its JSON."""
    walked = packetwalk.walk(**dict(cases())[name])
    return repr(walked), walked.to_json()


@cache
def of_mode(plugin: str, mode: str) -> dict[str, tables.PrintedTable]:
    """Return the tables and devices that the mode's scenarios look into, when nothing is wrong."""
    names = [f"{plugin}-{mode}-{scenario.name}" for scenario in ordinary(plugins()[plugin])]
    return tables.gathered(walk(name)[1] for name in names)


def files() -> list[str]:
    """Return the names of all golden files."""
    modes = [f"{plugin.name}-{mode.name}" for plugin in plugins().values() for mode in plugin.modes]
    return [
        *(f"{name}.txt" for name, _ in cases()),
        *(f"{mode}.tables.txt" for mode in modes),
        "layouts.txt",
        *(f"contract/{name}.json" for name in CONTRACT),
        *(f"asked/{scenario.name}.txt" for scenario in ASKED),
    ]


def current(file: str) -> str:
    """Return what a golden file would hold now."""
    if file == "layouts.txt":
        return "".join(f"{proto}: {fields}\n" for proto, fields in wire.LAYOUTS.items())
    if file.startswith("contract/"):
        return contract.dump(walk(Path(file).stem)[1])
    if file.startswith("asked/"):
        return asked.text(Path(file).stem)
    if file.endswith(".tables.txt"):
        plugin, _, mode = file.removesuffix(".tables.txt").partition("-")
        return tables.text(of_mode(plugin, mode))
    printed, walked = walk(Path(file).stem)
    return text.dump(printed, walked, of_mode(walked["plugin"], walked["mode"]))


def there() -> set[str]:
    """Return the names of the golden files that are there."""
    found = [*FOLDER.glob("*.txt"), *FOLDER.glob("asked/*.txt"), *FOLDER.glob("contract/*.json")]
    return {str(path.relative_to(FOLDER)) for path in found}


def refresh() -> list[str]:
    """Write all golden files, remove the others; return the names of those that changed."""
    changed = []
    for file in files():
        path, now = FOLDER / file, current(file)
        if not path.exists() or path.read_text() != now:
            path.parent.mkdir(exist_ok=True)
            path.write_text(now)
            changed.append(file)
    for file in sorted(there() - set(files())):
        (FOLDER / file).unlink()
        changed.append(file)
    return changed
