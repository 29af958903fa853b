"""Random cases: the same chance makes the same case, every command names what is there, every table is drawn."""

from __future__ import annotations

import random

from packetwalk.proof import draws
from packetwalk.tables import every_table
from packetwalk.tables.table import Table


class Dice:
    """A seeded source of chance."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def whole(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def one_of(self, among):
        return among[self.whole(0, len(among) - 1)]

    def chance(self, percent: int) -> bool:
        return self.whole(0, 99) < percent


def cases(number: int) -> list[draws.RandomCase]:
    return [draws.draw(Dice(seed), draws.every_mode()) for seed in range(number)]


def test_the_same_chance_draws_the_same_case() -> None:
    assert cases(20) == cases(20)


def test_commands_name_namespaces_and_devices_that_are_there() -> None:
    for case in cases(60):
        made = case.network()
        for command in case.commands:
            assert command.netns in draws.places(made)
            devices = made.fabric.netns(command.netns).links
            words = command.argv
            assert all(words[k + 1] in devices for k, word in enumerate(words[:-1]) if word == "dev"), command


def test_every_table_that_a_command_writes_is_drawn() -> None:
    """A table whose entries have commands and that draws none is left to these, each for its reason."""
    left = {
        "wg": "keys are the lab's own",
        "ipset": "Felix's sets belong to its rules",
        "nft": "the shell has no command that changes it",
        "xfrm-state": "needs keys",
        "xfrm-policy": "needs keys",
    }
    written = set()
    for plugin, mode in draws.every_mode():
        made = draws.network(plugin, mode, "flat")
        node = made.fabric.netns(made.nodes[0].name)
        written |= {table.name for table in every_table() for entry in node.entries(table) if entry.argv()}
    drawn = {table.name for table in every_table() if type(table).draw is not Table.draw}
    assert written - drawn <= set(left)
    assert not drawn & set(left)
