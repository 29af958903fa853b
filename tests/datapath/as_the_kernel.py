"""Cases that are done in model and kernel: commands, packets, and what came of them in Linux 6.18."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.lab.proving.search import perform
from packetwalk.proof.draws import Command, RandomCase, RandomTrial
from packetwalk.shell import Shell, State
from packetwalk.wire import Ipv4


class Seen(NamedTuple):
    """Commands (each with its namespace), packets, and what came of them and of those they caused.

    ``came`` has of each its name, its last addresses, and its fate.
    """

    mode: tuple[str, str]
    commands: tuple[tuple[str, str], ...]
    trials: tuple[RandomTrial, ...]
    came: tuple[str, ...]

    @property
    def case(self) -> RandomCase:
        """The case as the random search makes it."""
        commands = tuple(Command(netns, tuple(line.split())) for netns, line in self.commands)
        return RandomCase(*self.mode, "flat", commands, self.trials)

    def modelled(self) -> tuple[str, ...]:
        """Return what the model says came of the packets."""
        state = after(self.case)
        return tuple(
            f"{trace.name} {_ends(trace.steps)} {trace.disposition}"
            for trial in self.trials
            for trace in state.network.send(trial.src, trial.dst, trial.packet).traces
            if trace.name != "arp" and not (trace.name == "copy" and trace.flow.proto == "arp")
        )

    def agrees(self) -> None:
        """Do it in model and kernel; fail where they differ."""
        agree(self.case)


def after(case: RandomCase) -> State:
    """Return the model when the commands of a case have been done."""
    state = State(case.network())
    for command in case.commands:
        assert Shell(state, command.netns).run(command.argv).code == 0, command
    return state


def agree(case: RandomCase) -> None:
    """Do a case in model and kernel; fail where they differ, or where the model refuses a command."""
    outcome = perform(case)
    assert not outcome.difference, f"{outcome.case}\n{outcome.difference}"
    assert not outcome.refused


def _ends(steps: tuple) -> str:
    ip = next(header for header in reversed(steps[-1].after or steps[-1].before) if isinstance(header, Ipv4))
    return f"{ip.src} > {ip.dst}"
