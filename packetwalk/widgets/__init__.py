"""What notebooks use: ``play`` a walk, ``play_piece`` one of the Linux pieces."""

from __future__ import annotations

from collections.abc import Sequence

from packetwalk.errors import BadInput
from packetwalk.pieces import walk_piece
from packetwalk.scenario import walk
from packetwalk.widgets.player import Player

MOST_BESIDE = 2


def play(
    plugin: str,
    mode: str,
    scenario: str | None = None,
    *,
    step: int = 0,
    compare: Sequence[tuple[str, str]] = (),
    **options,
) -> Player:
    """Return a player of the walk; ``options`` are those of ``packetwalk.walk``.

    ``compare`` names one or two other modes, as ("flannel", "host-gw"): the same packet in them is
    played beside the first, without the first one's fault. BadInput for more than two.
    """
    if len(compare) > MOST_BESIDE:
        raise BadInput("number of modes to compare with", len(compare), ["0", "1", "2"])
    shown = walk(plugin, mode, scenario, **options)
    ends = {name: options[name] for name in ("src", "dst") if name in options}
    packet = {name: getattr(shown.options, name) for name in ("proto", "df", "ttl", "cold")}
    if shown.options.proto != "tcp":
        packet["size"] = shown.options.size
    beside = [walk(name, its_mode, scenario, **packet, **ends) for name, its_mode in compare]
    return Player(shown, step, beside)


def play_piece(name: str, trip: str | None = None, *, step: int = 0, **options) -> Player:
    """Return a player of a Linux piece; ``options`` are those of ``pieces.walk_piece``."""
    return Player(walk_piece(name, trip, **options), step)


__all__ = ["Player", "play", "play_piece"]
