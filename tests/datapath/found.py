"""Cases that random search has found, read as it prints them (``tests/found_differences.yaml``)."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import yaml

from packetwalk.datapath.run import Run
from packetwalk.proof.draws import FIRST_PORT, Command, RandomCase, RandomTrial
from packetwalk.shell import Shell, State
from packetwalk.trace.packet import Packet
from packetwalk.wire import Ipv4

FILE = Path(__file__).parents[1] / "found_differences.yaml"


def kinds() -> dict[str, dict]:
    """Return what was found, by its title: ``case`` and ``came``."""
    return yaml.safe_load(FILE.read_text())


def read(text: str) -> RandomCase:
    """Read a case as ``packetwalk prove --random`` prints it."""
    head, *lines = [line.strip() for line in text.strip().splitlines()]
    first, *rest = head.split(", ")
    _, plugin, mode = first.split(" ")
    commands = [line.split("# ", 1) for line in lines if "# " in line]
    trials = [line for line in lines if "# " not in line]
    return RandomCase(
        plugin,
        mode,
        rest[0].removesuffix(" underlay"),
        tuple(Command(netns, tuple(shlex.split(words))) for netns, words in commands),
        tuple(_trials(trials)),
        *rest[1:],
    )


def _trials(lines: list[str]) -> Iterator[RandomTrial]:
    port = FIRST_PORT
    for number, line in enumerate(lines):
        again = line.endswith(" again")
        port = port if again else FIRST_PORT + 2 * number
        yield _trial(line.removesuffix(" again"), port)._replace(again=again)


def _trial(line: str, port: int) -> RandomTrial:
    words = line.split(" ")
    proto, *more = words[0].split("-")
    usual = 0 if proto == "tcp" else 56
    size = next((int(word) for word in more if word.isdigit()), usual)
    ttl = int(words[words.index("--ttl") + 1]) if "--ttl" in words else 64
    tos = int(more[more.index("tos") + 1], 16) if "tos" in more else 0
    packet = Packet(proto, size, "df" in more, ttl, sport=port, tos=tos)
    return RandomTrial(words[-3], words[-1], packet)


def came(case: RandomCase) -> list[str]:
    """Return what the model says came of the packets and of those they caused: last addresses and fate."""
    state = State(case.network())
    for command in case.commands:
        assert Shell(state, command.netns).run(command.argv).code == 0, command
    runs: list[Run] = []
    for trial in case.trials:
        after = runs[-1] if trial.again else None
        runs.append(state.network.send(trial.src, trial.dst, trial.packet, after=after))
    return [
        f"{trace.name} {_ends(trace.steps)} {trace.disposition}"
        for run in runs
        for trace in run.traces
        if trace.name != "arp"
    ]


def _ends(steps: tuple) -> str:
    stack = steps[-1].after or steps[-1].before
    ip = next(header for header in reversed(stack) if isinstance(header, Ipv4))
    return f"{ip.src} > {ip.dst}"
