"""Stories of control planes: what a page and a notebook get of them."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from packetwalk.control.stories import STORIES
from packetwalk.control.timeline import ms
from packetwalk.errors import BadInput
from packetwalk.widgets import play_story
from packetwalk.widgets.pack import unpack
from packetwalk.widgets.player import built
from packetwalk.widgets.questions import ask, changed, choice, happened
from packetwalk.widgets.story import ToldStory, story_element

LINE = "10.244.110.128/26 via 172.18.0.4 dev eth0 proto bird metric 1024"
DATA = re.compile(r'<script type="application/json" class="walk">(.*?)</script>', re.S)


@pytest.mark.parametrize("name", [each.name for each in STORIES])
def test_a_page_has_all_that_happens_and_the_walk_of_each_span(name: str) -> None:
    told = ToldStory(name)
    (carried,) = DATA.findall(story_element((told,)))
    (found,) = unpack(json.loads(carried))["stories"]
    lanes = {lane["id"] for lane in found["lanes"]}
    assert {lane for m in found["messages"] for lane in (m["src"], m["dst"])} <= lanes
    assert {state["lane"] for state in found["states"]} <= lanes
    for probe in found["probes"]:
        ends = [span["until"] for span in probe["spans"]]
        assert [span["from"] for span in probe["spans"]] == [0, *ends[:-1]] and ends[-1] == found["until"]
        for span in probe["spans"]:
            delivered = [t["name"] for t in span["walk"]["traces"] if t["disposition"] == "delivered"]
            assert span["answered"] == ("reply" in delivered)


class Words(HTMLParser):
    """What is read of an element without its script."""

    def __init__(self) -> None:
        super().__init__()
        self.items: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        if tag == "li":
            self.items.append("")

    def handle_data(self, data: str) -> None:
        if self.items:
            self.items[-1] += data


def test_without_a_script_a_page_lists_what_happens_and_what_pings_meet() -> None:
    read = Words()
    read.feed(DATA.sub("", story_element((ToldStory("bird-killed"), ToldStory("bird-stopped")))))
    assert any(item.startswith("120.000 s kind-worker: - 10.244.110.128/26") for item in read.items)
    assert any("NOTIFICATION" in item for item in read.items)
    assert "0.000 to 120.000 s answered: " in " ".join(read.items)


def test_text_of_a_timeline_never_becomes_markup() -> None:
    told = ToldStory("bird-stopped")
    told.timeline = told.timeline._replace(title="</script><img src=x onerror=alert(1)>")
    shown = story_element((told,))
    read = Words()
    read.feed(shown)
    assert "img" not in read.tags
    (carried,) = DATA.findall(shown)
    assert unpack(json.loads(carried))["stories"][0]["title"] == told.timeline.title


def test_a_notebook_shows_the_text_and_can_ask_for_the_walks_player() -> None:
    player = play_story("bird-killed", "bird-stopped")
    assert repr(player).count("ping a to b") == 2 and "120.000  kind-worker: - " in repr(player)
    sent: list[dict] = []
    player.send = sent.append  # type: ignore[method-assign]
    player._asked(player, {"type": "player"}, [])
    player._asked(player, {"type": "another"}, [])
    assert sent == [{"type": "player", "player": built().read_text()}]


def test_an_unknown_story_is_refused_with_the_names_of_all() -> None:
    with pytest.raises(BadInput, match="bird-killed"):
        play_story("bird-flown")


def test_a_change_is_found_and_told_as_what_proves_an_answer() -> None:
    timeline = ToldStory("bird-killed").timeline
    gone = changed(timeline, "kind-worker", LINE)
    back = changed(timeline, "kind-worker", LINE, added=True)
    assert gone.at < back.at
    assert (happened(gone).where, happened(gone).line) == ("kind-worker at 120.000 s", LINE)
    told = ask(choice("When?", {"now": False, "then": True}, happened(gone, "bird-killed")))._repr_html_()
    assert f'"moment":{ms(gone.at)},"timeline":"bird-killed"' in told and "In the timeline, kind-worker" in told
    elsewhere = ask(choice("When?", {"now": False, "then": True}, happened(gone)))._repr_html_()
    assert '"moment"' not in elsewhere and "No walk shows this; kind-worker" in elsewhere
    assert happened(gone._replace(at=50)).where == "kind-worker at 0.05 ms"
    assert happened(back).why.startswith("BIRD adds it: kind-worker2 told of it")
    with pytest.raises(BadInput, match="line that kind-worker deletes"):
        changed(timeline, "kind-worker", "default via 10.0.0.1")
