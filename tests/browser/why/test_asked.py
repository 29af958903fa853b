"""A recording is given, asked, and answered as `packetwalk why` does; nothing of it leaves the page."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from packetwalk.capture.joining import join
from packetwalk.why import Loaded, pairs, why
from tests.browser.conftest import Open
from tests.browser.test_pages import AXE_RUN, PAST_THE_EDGE
from tests.browser.why.bench import PAGE, Bench
from tests.why import given as givens
from tests.why.example import FILE, NAME


def written(place: Path) -> Path:
    """Write the example as a folder."""
    for name, content in givens.folder().items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return place / NAME


def test_the_page_tells_an_example_before_it_loads_anything(untouched: Bench, loaded: Loaded) -> None:
    expect(untouched.tool.locator(".verdict")).to_contain_text("For example. Does not reach: a (10.244.1.2) to b")
    expect(untouched.tool.locator("dl")).to_contain_text(why(loaded, "a", "b").line)
    expect(untouched.tool.locator("form")).to_be_hidden()
    assert untouched.of_python() == [] and untouched.noise == []


def test_without_a_script_the_example_is_read(address: str, opened: Open, loaded: Loaded) -> None:
    page = opened(java_script_enabled=False).new_page()
    page.goto(f"{address}/{PAGE}")
    for _, text in why(loaded, "a", "b").told:
        expect(page.locator("walk-why")).to_contain_text(text)


def test_by_keyboard_alone_and_by_no_other_host(untouched: Bench, loaded: Loaded) -> None:
    page = untouched.page
    untouched.tool.get_by_role("button", name="Choose files").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(untouched.held).to_contain_text("recording of flannel vxlan")
    untouched.expect_answer(why(loaded, "a", "b"))
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("b")
    page.keyboard.press("Tab")
    page.keyboard.type("default/web")
    page.keyboard.press("Enter")
    untouched.expect_answer(why(loaded, "b", "default/web"))
    assert {urlsplit(url).hostname for _, url in untouched.requests} == {"127.0.0.1"}
    assert {method for method, _ in untouched.requests} == {"GET"}
    assert not any(urlsplit(url).query for _, url in untouched.requests)
    assert untouched.noise == []


def test_a_folder_by_its_button(bench: Bench, loaded: Loaded, tmp_path: Path) -> None:
    bench.give_folder(written(tmp_path))
    expect(bench.held).to_contain_text("11 namespaces")
    bench.expect_answer(why(loaded, "a", "b"))


@pytest.mark.parametrize("form", ["folder", "zip", "tgz"])
def test_what_is_dropped(form: str, bench: Bench, loaded: Loaded, tmp_path: Path) -> None:
    folder = written(tmp_path)
    for name, content in {"x.zip": givens.zipped(givens.folder()), "x.tgz": FILE.read_bytes()}.items():
        (tmp_path / name).write_bytes(content)
    bench.drop({"folder": folder, "zip": tmp_path / "x.zip", "tgz": tmp_path / "x.tgz"}[form])
    expect(bench.held).to_contain_text("11 namespaces")
    bench.expect_answer(why(loaded, "a", "b"))


def test_files_of_nodes_are_joined_in_the_page(bench: Bench, tmp_path: Path) -> None:
    nodes = givens.nodes(tmp_path)
    bench.give(nodes)
    expect(bench.held).to_contain_text("recording of a network")
    joined = join([tmp_path / name for name in nodes])
    src, dst = joined.sent[0].src, joined.place("b")
    assert src == "a"
    bench.ask("a", "b")
    bench.expect_answer(why(joined, "a", dst.netns))


@pytest.mark.parametrize(
    ("src", "dst", "packet"),
    [
        ("a", "a2", {}),
        ("b", "a", {"size": 1400, "df": True}),
        ("kind-worker", "10.244.2.3:8080", {"proto": "udp"}),
        ("a", "internet:80", {"proto": "tcp", "size": 3000}),
        ("coredns", "203.0.113.77", {}),
    ],
)
def test_a_question_has_the_answer_of_the_command(src: str, dst: str, packet: dict, bench: Bench, loaded: Loaded) -> None:
    bench.example()
    bench.ask(src, dst, proto=packet.get("proto", ""), size=str(packet.get("size", "")), df=packet.get("df", False))
    bench.expect_answer(why(loaded, src, dst, **packet))


def test_ends_are_offered_with_their_addresses(bench: Bench) -> None:
    bench.example()
    lists = {
        name: bench.tool.locator(f"input[name={name}]").evaluate("field => [...field.list.options].map(o => [o.value, o.label])")
        for name in ("source", "destination")
    }
    assert ["b", "10.244.2.2"] in lists["source"]
    assert ["default/web", "10.96.0.80:80"] in lists["destination"]


def test_every_pair_as_the_command_has_it_and_a_cell_opens_its_answer(bench: Bench, loaded: Loaded) -> None:
    bench.example()
    bench.tool.get_by_role("button", name="Ask every pair").click()
    expect(bench.tool.locator(".told")).to_contain_text("reaches in 60 of 72 pairs")
    looks = {"reaches": "allowed", "does not reach": "denied", "not known": "unknown"}
    for (src, dst), fate in pairs(loaded).fates.items():
        expect(bench.cell(src, dst)).to_have_class(looks[fate.verdict])
        expect(bench.cell(src, dst)).to_have_accessible_name(f"{src} to {dst}: {fate.verdict}")
    bench.cell("b2", "a").click()
    bench.expect_answer(why(loaded, "b2", "a"))
    expect(bench.tool.get_by_label("From")).to_have_value("b2")
    bench.page.keyboard.press("ArrowRight")
    expect(bench.cell("b2", "a2")).to_be_focused()
    bench.page.keyboard.press("Enter")
    bench.expect_answer(why(loaded, "b2", "a2"))
    expect(bench.cell("b2", "a2")).to_have_attribute("aria-pressed", "true")


def test_the_walk_plays_from_where_it_ended(bench: Bench, loaded: Loaded) -> None:
    bench.example()
    bench.expect_answer(why(loaded, "a", "b"))
    bench.tool.get_by_role("button", name="Show the walk").click()
    player = bench.tool.locator("packet-walk")
    ended = why(loaded, "a", "b").fate.step
    expect(player.locator(".why").first).to_contain_text(ended.why)
    assert player.evaluate("player => player.step") == ended.seq
    bench.ask("a", "a2")
    bench.expect_answer(why(loaded, "a", "a2"))
    expect(player).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_what_is_answered_is_accessible_and_fits(address: str, opened: Open, axe: str, width: int, scheme: str) -> None:
    bench = Bench(opened(width, 800, scheme, bypass_csp=True).new_page(), address)
    bench.page.evaluate(axe)
    for shown in ("nothing yet", "an answer", "every pair", "what is wrong"):
        if shown == "an answer":
            bench.example()
            expect(bench.tool.locator(".verdict")).to_contain_text("a (10.244.1.2) to b")
        elif shown == "every pair":
            bench.tool.get_by_role("button", name="Ask every pair").click()
            expect(bench.tool.locator(".told")).to_contain_text("72 pairs")
        elif shown == "what is wrong":
            bench.ask("a", "x" * 300)
            expect(bench.tool.locator("form .wrong")).to_contain_text("is not valid")
        assert bench.page.evaluate(AXE_RUN, {}) == [], shown
        assert bench.page.evaluate(PAST_THE_EDGE) == 0, shown


def test_notes_of_a_recording_are_told(bench: Bench) -> None:
    files = givens.folder()
    head = json.loads(files[f"{NAME}/recording.json"])
    head["about"]["notes"] = ["kind-worker: 7 frames had no room"]
    bench.give({"x.zip": givens.zipped(files | {f"{NAME}/recording.json": json.dumps(head).encode()})})
    expect(bench.tool.locator(".notes li")).to_have_text(["kind-worker: 7 frames had no room"])
