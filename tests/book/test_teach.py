"""What an instructor uses: slides, sheets, agendas and timings say what the pages and their walks say."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from bs4 import BeautifulSoup

from packetwalk import walk
from packetwalk.walks import report
from tests import ROOT
from tests.book.questions import all_questions
from tests.book.site import walks_of
from tests.book.test_links import broken

DECKS = {path.stem: yaml.safe_load(path.read_text()) for path in (ROOT / "book" / "teach" / "slides").glob("*.yaml")}
PATHS = [("flannel", "vxlan"), ("calico", "ipip"), ("weave", "fastdp")]
OTHER_HOST = re.compile(r'(?:src|href)="(?:https?:)?//|url\(["\']?https?:')
CHAPTERS = ("linux", "flannel", "calico", "weave")


def read(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(), "html.parser")


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def extensions(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The book's extensions import each other by name."""
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(ROOT / "book" / "_ext")):
            del sys.modules[name]


@pytest.fixture
def slides(extensions: None) -> ModuleType:
    import slides  # type: ignore[import-not-found]

    return slides


@pytest.mark.parametrize("name", DECKS)
def test_a_deck_has_each_slide_with_the_walk_of_its_page(site: Path, name: str) -> None:
    deck = read(site / "slides" / f"{name}.html")
    sections = deck.select(".slides > section")[1:]
    assert len(sections) == len(DECKS[name]["slides"])
    wanted = [each["walk"].split() for each in DECKS[name]["slides"] if "walk" in each]
    of_pages = [walks_of(read(site / f"{page}.html"))[int(*number or "1") - 1] for page, *number in wanted]
    assert walks_of(deck) == of_pages


@pytest.mark.parametrize("folder", ["slides", "print"])
def test_every_link_of_slides_and_sheets_leads_somewhere_on_this_site(site: Path, folder: str) -> None:
    for path in sorted((site / folder).glob("*.html")):
        assert broken(site, f"{folder}/{path.name}") == []
        assert not OTHER_HOST.search(path.read_text()), path.name


def test_a_question_on_a_slide_hides_its_answer_until_it_is_asked_for(site: Path) -> None:
    for name in DECKS:
        for slide in read(site / "slides" / f"{name}.html").select("section.ask"):
            assert len(slide.select(".fragment")) == (1 if "what do you say" in slide.h2.get_text() else 0)


@pytest.mark.parametrize(
    ("slide", "said"),
    [
        ({"walk": "book/flannel/index 9"}, "book/flannel/index has 1 walks, not a walk 9"),
        ({"ask": "book/flannel/index 7"}, "book/flannel/index asks in boxes 1, 2, not in 7"),
        ({"walk": "book/nowhere"}, "book/nowhere is no page of the book"),
        ({"lab": "labs/0-meet/lab", "steps": "4-6"}, "has steps 1 to 5, not 6"),
        ({"wlak": "book/flannel/index"}, "says nothing; valid: say, walk, ask, lab"),
        ({"ask": "book/flannel/index 1", "say": "more"}, "has say; valid"),
    ],
)
def test_a_slide_that_no_page_fills_is_said_in_one_line(
    site: Path, slides: ModuleType, slide: dict, said: str
) -> None:
    with pytest.raises(Exception, match=re.escape(said)) as caught:
        slides.slides_of(site, {"title": "A deck", "slides": [slide]})
    assert str(caught.value).startswith("slide 1 of 'A deck'")


def test_sheets_hold_every_question_of_the_book_once_and_answers_its_answer(site: Path) -> None:
    asked = Counter(each.label for each in all_questions() if not each.page.endswith("/solution"))
    sheets = [read(site / "print" / f"questions-{name}.html") for name in (*CHAPTERS, "beside", "labs")]
    labels = Counter(flat(each.get_text()) for sheet in sheets for each in sheet.select(".box p > b"))
    assert labels == Counter({flat(label): number for label, number in asked.items()})


@pytest.mark.parametrize("name", [*CHAPTERS, "beside", "labs"])
def test_answers_stand_on_a_sheet_of_their_own_under_the_same_numbers(site: Path, name: str) -> None:
    asked, told = (read(site / "print" / f"questions-{name}{end}.html") for end in ("", "-answers"))
    numbers = [[each.get_text() for each in sheet.select(".box h4")] for sheet in (asked, told)]
    assert numbers[0] == numbers[1] == [f"{n}." for n in range(1, len(numbers[0]) + 1)]
    assert [len(box.select("p > b")) for box in asked.select(".box")] == [
        len(box.select("p > b")) for box in told.select(".box")
    ]


NUMBER = re.compile(r"(?<![\d.:])\d+(?![\d.:])")


@pytest.mark.parametrize("name", [*CHAPTERS, "beside", "labs"])
def test_no_box_of_a_sheet_tells_its_own_answer(site: Path, name: str) -> None:
    """What a box says before its questions has neither the number that it asks for nor the line that decides."""
    asked, told = (read(site / "print" / f"questions-{name}{end}.html") for end in ("", "-answers"))
    for box, answers in zip(asked.select(".box"), told.select(".box"), strict=True):
        words = " ".join(each.get_text() for each in box.find_all(["p", "li"]) if not each.find("b"))
        for answer in answers.select("p > b + b"):
            number = flat(answer.get_text()).split()[0]
            if NUMBER.fullmatch(number) and int(number) > 9:
                assert number not in NUMBER.findall(words), flat(box.get_text())
        for line in answers.select("p > code") if box.select("ul.order") else ():
            assert flat(line.get_text()) not in flat(box.get_text()), flat(box.get_text())


@pytest.mark.parametrize("name", [*CHAPTERS, "beside", "labs"])
def test_what_is_asked_after_a_walk_is_on_a_sheet_of_its_own(site: Path, name: str) -> None:
    sheet = read(site / "print" / f"questions-{name}.html")
    parts = [flat(each.h2.get_text()) for each in sheet.select("section.part")]
    assert parts == (["Before the walks: what do you expect?", "After the walks: what did you see?"][: len(parts)])
    assert len(parts) == (1 if name == "labs" else 2)
    known = sheet.select_one(".known")
    assert (known is None) == (name == "linux")
    assert known is None or "kind-worker2 172.18.0.4" in known.get_text()


def test_an_answer_shows_the_packet_where_that_is_what_was_asked(site: Path) -> None:
    told = read(site / "print" / "deck-ninety-minutes-answers.html")
    seen = [flat(each.get_text()) for each in told.select("em")]
    bare = walk("flannel", "host-gw", "cross-node").steps
    wire = next(step for step in bare if step.event == "egress" and step.netns == "kind-worker" and step.dev == "eth0")
    assert any("IP 10.244.1.2 > 10.244.2.2" in each and each.endswith(f"{wire.size} bytes.") for each in seen)


def test_slides_and_labs_name_commands_that_a_learner_has(site: Path) -> None:
    for path in [*(site / "slides").glob("*.html"), *(site / "labs").glob("*/*.html")]:
        assert ".venv" not in read(path).get_text(), path.name
    for path in (site / "slides").glob("*.html"):
        for slide in read(path).select(".slides > section"):
            for words in slide.find_all(["p", "h2"]):
                assert not re.search(r"[\w-]+/[\w/-]+\.(?:c|go|h)\b", words.get_text()), words


def test_an_answer_is_what_the_page_says_without_a_script(site: Path) -> None:
    told = flat(read(site / "print" / "questions-flannel-answers.html").get_text())
    page = read(site / "book" / "flannel" / "index.html").select_one("#ask-1 details")
    for item in page.select("li"):
        assert flat(item.b.get_text()) in told
        assert flat(item.code.get_text()) in told


@pytest.mark.parametrize(("plugin", "mode"), PATHS)
def test_a_data_path_says_headers_sizes_and_deciding_lines_of_its_walk(site: Path, plugin: str, mode: str) -> None:
    sheet = read(site / "print" / f"path-{plugin}-{mode}.html")
    sent = walk(plugin, mode, "cross-node").to_json()
    steps = sent["traces"][0]["steps"]
    widest = max((step["after"] for step in steps), key=lambda stack: sum(h["size"] for h in stack))
    layers = sheet.select(".layers span")
    assert [int(re.sub(r"\D", "", each.contents[-1])) for each in layers] == [h["size"] for h in widest]
    outer = [each for each in layers if "outer" in each.get("class", [])]
    assert len(outer) == len(widest) - len(steps[2]["after"])
    text = flat(sheet.get_text())
    assert f"Together {sum(h['size'] for h in widest)} bytes" in text
    assert f"MTU is {report.mtu(plugin, mode).to_json()['pod_mtu']}" in text
    rows = sheet.select("tbody tr")
    for row in rows:
        step = steps[int(row.td.get_text()) - 1]
        assert flat(step["why"]) in flat(row.get_text())
        assert row.select("td")[-1].get_text() == str(sum(h["size"] for h in step["after"] or step["before"]))
        assert not step["entry"] or flat(step["entry"]["line"]) == flat(row.code.get_text())
    decided = {step["event"] for step in steps} & {"route", "neigh", "fdb", "encap", "decap"}
    shown = {steps[int(row.td.get_text()) - 1]["event"] for row in rows}
    assert decided <= shown


def test_timings_are_counted(site: Path) -> None:
    page = read(site / "book" / "teach" / "timings.html")
    pages, labs = page.select("table")
    questions = Counter(each.page for each in all_questions())
    for row in [*pages.select("tbody tr"), *labs.select("tbody tr")]:
        name = row.a["href"].removeprefix("../../").removesuffix(".html")
        cells = [each.get_text() for each in row.select("td")][1:]
        if row in labs.select("tr"):
            notebook = (ROOT / f"{name}.ipynb").read_text()
            assert (cells[1], cells[2]) == (str(questions[name]), str(notebook.count('"check(')))
            assert f"About {cells[4]} minutes" in notebook
        else:
            walks = len(read(site / f"{name}.html").select("packet-walk"))
            assert (cells[2], cells[3]) == (str(walks), str(questions[name]))
            assert int(cells[1]) == -(-int(cells[0]) // 200)
            assert int(cells[4]) == int(cells[1]) + 3 * walks + questions[name]
    assert len(labs.select("tbody tr")) == len(list((ROOT / "labs").glob("[0-9]*/lab.ipynb")))


def test_what_an_agenda_expects_is_what_the_walk_says(site: Path) -> None:
    page = read(site / "book" / "teach" / "agendas.html")
    assert len(page.select(".expect")) >= 9
    for item in page.select(".expect li"):
        name, _, box = item.a["href"].removeprefix("../../").partition("#")
        data = json.loads(read(site / name).select_one(f"#{box} walk-ask script").string)
        part = next(each for each in data if each["label"] == item.a.get_text())
        right = part["right"]
        if isinstance(right, int):
            assert item.b.get_text().split()[0] == str(right)
        else:
            assert all(html.unescape(part["options"][at]) in item.b.get_text() for at in right)


def test_agendas_add_up(site: Path) -> None:
    """Each row begins when the one before it has ended."""
    tables = read(site / "book" / "teach" / "agendas.html").select("table")
    assert len(tables) == 2
    for table in tables:
        rows = [[each.get_text() for each in row.select("td")] for row in table.select("tbody tr")]
        begins = [int(hours) * 60 + int(minutes) for hours, minutes in (row[0].rstrip("#").split(":") for row in rows)]
        ends = [begin + int(row[1]) for begin, row in zip(begins, rows, strict=True)]
        assert begins[1:] == ends[:-1]
    assert ends[-1] == 7 * 60
    titles = read(site / "book" / "teach" / "agendas.html").select("h3")
    first = [re.match(r"(\d):(\d\d) .*\((\d+) minutes\)", each.get_text()).groups() for each in titles]
    begins = [int(hours) * 60 + int(minutes) for hours, minutes, _ in first]
    assert [*begins[1:], 90] == [begin + int(each[2]) for begin, each in zip(begins, first, strict=True)]


def test_make_pdf_says_in_one_line_what_is_missing(site: Path, tmp_path: Path) -> None:
    without = subprocess.run(
        [sys.executable, "book/pdf.py"], cwd=ROOT, env={"PATH": str(tmp_path)}, text=True, capture_output=True, check=False
    )
    assert without.returncode == 1
    assert without.stderr.count("\n") == 1
    assert without.stderr.startswith("make pdf: Chromium prints the sheets and is not here")
    assert not list((ROOT / "_build").glob(".pdf-*"))
