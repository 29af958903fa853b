"""Commands in the model and in real network namespaces: the same text, the same code.

What the labs themselves run is compared by ``tests/labs``; here is more, and what goes wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from packetwalk import lab
from packetwalk.lab.grounds.ground import Ground, Output
from tests.labs.outputs import comparable
from tests.shell.commands import COMMANDS

pytestmark = pytest.mark.kernel


def _same(command: str, mine: Output, theirs: Output) -> bool:
    """Compare; of bridges only what is written, for the model forgets with each change what they learnt."""
    if theirs.code == 127:
        return mine.code == 127
    lines = [comparable(command, each.text) for each in (mine, theirs)]
    if command.startswith("bridge fdb show"):
        lines = [[line for line in each if line.endswith("permanent")] for each in lines]
    return lines[0] == lines[1] and mine.code == theirs.code


@pytest.fixture(scope="module", params=COMMANDS)
def clusters(request: pytest.FixtureRequest) -> Iterator[tuple[str, Ground, Ground]]:
    plugin, mode = request.param.split()
    with lab.open(plugin, mode, ground="model") as model, lab.open(plugin, mode, ground="netns") as kernel:
        yield request.param, model, kernel


def test_the_same_words(clusters: tuple[str, Ground, Ground]) -> None:
    name, *both = clusters
    wrong = []
    for place, text in COMMANDS[name].items():
        for command in (line.strip() for line in text.strip().splitlines()):
            mine, theirs = (
                (each.pod if place in each.pods else each.node)(place).run(command) for each in both
            )
            if not _same(command, mine, theirs):
                wrong.append(
                    f"{place}: {command}\nmodel ({mine.code}):\n{mine}\nkernel ({theirs.code}):\n{theirs}"
                )
    assert not wrong, "\n".join(wrong)
