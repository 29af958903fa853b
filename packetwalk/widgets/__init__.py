"""What notebooks use: ``play`` a walk, ``play_piece`` one of the Linux pieces."""

from __future__ import annotations

from packetwalk.pieces import walk_piece
from packetwalk.scenario import walk
from packetwalk.widgets.player import Player


def play(plugin: str, mode: str, scenario: str | None = None, *, step: int = 0, **options) -> Player:
    """Return a player of the walk; ``options`` are those of ``packetwalk.walk``."""
    return Player(walk(plugin, mode, scenario, **options), step)


def play_piece(name: str, trip: str | None = None, *, step: int = 0, **options) -> Player:
    """Return a player of a Linux piece; ``options`` are those of ``pieces.walk_piece``."""
    return Player(walk_piece(name, trip, **options), step)


__all__ = ["Player", "play", "play_piece"]
