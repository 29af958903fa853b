"""What notebooks use: ``play`` a walk, ``play_linux`` a small network, ``play_story`` control planes, ``why`` a packet is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Unpack

from packetwalk.capture.recording import Recording, read
from packetwalk.cni import plugin as find_plugin
from packetwalk.errors import BadInput
from packetwalk.plan.rules import IPTABLES
from packetwalk.trace.packet import PacketOptions
from packetwalk.walks.linux import walk_linux
from packetwalk.walks.replay import replay
from packetwalk.walks.scenario import walk
from packetwalk.why import load
from packetwalk.why.page import overview
from packetwalk.widgets.investigation import Investigation
from packetwalk.widgets.player import Player
from packetwalk.widgets.story import StoryPlayer, ToldStory
from packetwalk.widgets.tools.why import given

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
    beside = []
    for name, its_mode in compare:
        rules = shown.rules if shown.rules in find_plugin(name).rules else IPTABLES
        release, packet = shown.release if name == plugin else None, shown.packet.options()
        beside.append(walk(name, its_mode, scenario, rules=rules, release=release, **ends, **packet))
    return Player(shown, step, beside)


def play_linux(name: str, trip: str | None = None, *, step: int = 0, **options) -> Player:
    """Return a player of a walk through a small network; ``options`` are those of ``walks.linux.walk_linux``."""
    return Player(walk_linux(name, trip, **options), step)


def play_recording(recording: Recording | Path | str, name: str | None = None, *, step: int = 0) -> Player:
    """Return a player of a recorded packet, the first when ``name`` is None.

    BadInput for a folder that is no recording, or a packet it has not.
    """
    return Player(replay(recording, name), step)


def play_beside(recording: Recording | Path | str, name: str | None = None, *, step: int = 0) -> Player:
    """Return a player of the model's walk and, beside it and in step, the recording of the same packet.

    The packet's name begins with its scenario, as ``prove`` names them. BadInput for a recording that
    does not say its plugin and mode, or for a packet of no scenario.
    """
    of = recording if isinstance(recording, Recording) else read(recording)
    sent, about = of.packet(name), of.about
    for key in ("plugin", "mode"):
        if not about.get(key):
            raise BadInput(f"recording, {key}", about.get(key), ["the name of what was recorded"])
    scenario = sent.name.rpartition(f"-{sent.packet.proto}")[0]
    model = walk(about["plugin"], about["mode"], scenario, **sent.packet.options())
    return Player(model, step, [replace(replay(of, sent.name), scenario=model.scenario)])


def play_story(name: str, beside: str | None = None) -> StoryPlayer:
    """Return a player of what control planes do in a story, and of another one ``beside`` it, on one clock.

    The stories are those of ``packetwalk timeline --list``; BadInput for another name.
    """
    return StoryPlayer(*(ToldStory(each) for each in (name, beside) if each is not None))


def why(
    recording: Recording | Path | str,
    src: str | None = None,
    dst: str | None = None,
    **packet: Unpack[PacketOptions],
) -> Investigation:
    """Return a widget that asks a recording why a packet does not arrive: first this one, then what the reader chooses.

    ``recording`` may be a folder, its .zip or .tgz, the .tgz of a node, or a name in ``recordings``; the ends are those of
    ``packetwalk why``, and where none is named, those of a recorded packet; the packet's fields are those of ``packetwalk.walk``.  BadInput for what is no recording, for an end that
    nobody has, or a packet that cannot be.
    """
    loaded = load(given(recording))
    first = overview(loaded)["first"]
    return Investigation(loaded, src or first[0], dst or first[1], packet)


__all__ = [
    "Investigation",
    "Player",
    "StoryPlayer",
    "play",
    "play_beside",
    "play_linux",
    "play_recording",
    "play_story",
    "why",
]
