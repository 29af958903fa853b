"""What becomes of traffic, event by event."""

from __future__ import annotations

import pytest

from packetwalk.control.stories import STORIES, story
from packetwalk.control.survival import EVENTS, survival, survivals

SAID = {
    "bird-killed": "cut after 120 s, until 2.0 s after BIRD on kind-worker2 starts",
    "bird-killed-briefly": "goes on",
    "bird-stopped": "cut at once, until 2.0 s after BIRD on kind-worker2 starts",
    "link-cut-briefly": "cut at once, until the wire of kind-worker2 is whole again",
    "node-deleted": "cut at once, for good",
}


@pytest.mark.parametrize("name", SAID)
def test_calico_without_encapsulation_survives_as_recorded(name: str) -> None:
    found = survival(story(name))
    assert str(found) == SAID[name] and found.evidence == "recorded"


def test_each_event_is_told_and_no_story_has_another() -> None:
    events = [each.event for each in STORIES if each.event]
    assert set(events) == EVENTS.keys()
    which = [(each.event, each.plugin, each.mode) for each in STORIES if each.event]
    assert len(which) == len(set(which)) == sum(1 for _ in survivals())


def test_what_no_recording_did_is_computed() -> None:
    assert survival(story("pod-starts-without-felix")).evidence == "computed"
