"""Golden walks: what the model said when somebody last looked, one step a line.

A step's ``before`` is the step before's ``after`` and is left out; ``load`` puts it back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import packetwalk
from packetwalk.cni import plugins
from packetwalk.walks.scenario import scenarios

FOLDER = Path(__file__).parent


def cases() -> Iterator[tuple[str, dict]]:
    """Yield (name, arguments of packetwalk.walk) of every golden walk."""
    for plugin in plugins().values():
        for mode in plugin.modes:
            for scenario in scenarios(plugin):
                yield (
                    f"{plugin.name}-{mode.name}-{scenario.name}",
                    {"plugin": plugin.name, "mode": mode.name, "scenario_name": scenario.name},
                )
        for fault in plugin.faults:
            yield (
                f"{plugin.name}-{fault.modes[0]}-{fault.name}",
                {
                    "plugin": plugin.name,
                    "mode": fault.modes[0],
                    "scenario_name": fault.shows[0],
                    "fault": fault.name,
                },
            )
        first = {"plugin": plugin.name, "mode": plugin.modes[0].name}
        yield f"{plugin.name}-cold", {**first, "scenario_name": "cross-node", "cold": True}
        yield f"{plugin.name}-fragments", {**first, "scenario_name": "cross-node", "size": 2000}
        yield f"{plugin.name}-ttl", {**first, "scenario_name": "cross-node", "ttl": 2}


def dump(walk: dict) -> str:
    """Return a walk as text: readable in a diff, one step a line."""
    out = []
    for key, value in walk.items():
        if key != "traces":
            out.append(f"{json.dumps(key)}: {json.dumps(value, sort_keys=True)}")
            continue
        traces = []
        for trace in value:
            head = json.dumps({k: v for k, v in trace.items() if k != "steps"})[:-1]
            steps = [{k: v for k, v in step.items() if k != "before"} for step in trace["steps"]]
            lines = ",\n".join(json.dumps(step) for step in steps)
            traces.append(f'{head}, "steps": [\n{lines}]}}')
        out.append('"traces": [\n' + ",\n".join(traces) + "]")
    return "{" + ",\n".join(out) + "}\n"


def load(text: str) -> dict:
    """Return the walk that ``dump`` wrote."""
    walk = json.loads(text)
    for trace in walk["traces"]:
        before: list = []
        for step in trace["steps"]:
            step["before"], before = before, step["after"]
    return walk


def current(arguments: dict) -> str:
    """Return what the model says now, as text."""
    return dump(packetwalk.walk(**arguments).to_json())


def refresh() -> list[str]:
    """Write all golden walks, remove the others; return the names of those that changed."""
    changed, wanted = [], set()
    for name, arguments in cases():
        path, text = FOLDER / f"{name}.json", current(arguments)
        wanted.add(path)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            changed.append(name)
    for path in FOLDER.glob("*.json"):
        if path not in wanted:
            path.unlink()
            changed.append(path.stem)
    return changed
