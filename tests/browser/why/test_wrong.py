"""What is wrong is one line in the page, and the page stays alive."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from packetwalk.why import Loaded, why
from tests.browser.conftest import Open
from tests.browser.why.bench import PAGE, Bench
from tests.why.example import FILE, NAME
from tests.why.given import folder, zipped
from tests.why.test_dropped import WRONG

MARKUP = "<img/src=x/onerror=hit=1>"
FILES = [name for name, (make, _) in WRONG.items() if name != "nothing" and not any(each.startswith("..") for each in make())]


@pytest.mark.parametrize("what", FILES)
def test_what_is_no_recording_is_said(what: str, bench: Bench) -> None:
    make, said = WRONG[what]
    files = make()
    bench.give(files if len(files) == 1 else {"x.zip": zipped(files)})
    expect(bench.wrong).to_contain_text(said.replace("files, name", "x.zip, name"))
    assert "\n" not in bench.wrong.inner_text()
    expect(bench.tool.locator("form")).to_be_hidden()
    expect(bench.tool.locator(".why")).to_be_hidden()


@pytest.mark.parametrize(
    ("src", "dst", "packet", "said"),
    [
        ("nobody", "b", {}, "'nobody' is not valid; valid: kind-control-plane"),
        ("a", "b:99999", {}, "port in b:99999"),
        ("a", "b:80", {"proto": "icmp"}, "port for icmp"),
        ("a", MARKUP, {}, f"'{MARKUP}' is not valid"),
    ],
)
def test_what_cannot_be_asked_is_said_at_the_form(src: str, dst: str, packet: dict, said: str, bench: Bench, loaded: Loaded) -> None:
    bench.example()
    bench.ask(src, dst, **packet)
    expect(bench.tool.locator("form .wrong")).to_contain_text(said)
    expect(bench.tool.locator(".why")).to_be_hidden()
    bench.ask("a", "a2")
    bench.expect_answer(why(loaded, "a", "a2"))
    expect(bench.tool.locator("form .wrong")).to_have_text("")


def test_markup_in_names_is_text(bench: Bench) -> None:
    files = folder()
    head = json.loads(files[f"{NAME}/recording.json"])
    head["about"] |= {"notes": [MARKUP], "plugin": MARKUP, "mode": MARKUP}
    rules = files[f"{NAME}/kind-worker/iptables.txt"].replace(b"default/web:http cluster", b"default/" + MARKUP.encode() + b":http cluster")
    changed = {f"{NAME}/recording.json": json.dumps(head).encode(), f"{NAME}/kind-worker/iptables.txt": rules}
    bench.give({f"{MARKUP.replace('/', ' ')}.zip": zipped(files | changed)})
    expect(bench.held).to_contain_text(MARKUP)
    bench.ask("a", "10.244.2.2")
    expect(bench.tool.locator(".verdict")).to_contain_text("10.244.2.2")
    bench.tool.get_by_role("button", name="Show the walk").click()
    expect(bench.tool.locator("packet-walk .why").first).to_contain_text("172.18.0.9")
    bench.give({f"{MARKUP.replace('/', ' ')}.zip": b"PK"})
    expect(bench.wrong).to_contain_text("<img src=x")
    assert bench.tool.locator("img").count() == 0
    assert bench.page.evaluate("typeof hit") == "undefined"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ("[['x.tgz', {size: 2 ** 28}]]", "256 MB: at most 128 MB are read."),
        ("Array(6000).fill(['x', {size: 1}])", "More than 5,000 files"),
        ("[]", "There is no file in it."),
    ],
)
def test_what_is_too_much_is_refused_before_python_sees_it(files: str, said: str, untouched: Bench) -> None:
    untouched.tool.evaluate(f"tool => tool.open({files})")
    expect(untouched.wrong).to_contain_text(said)
    assert untouched.of_python() == []


def test_an_archive_that_unpacks_to_far_more_is_refused(bench: Bench) -> None:
    bench.give({"x.zip": zipped({f"{number}.pcapng": bytes(2**25) for number in range(5)})})
    expect(bench.wrong).to_have_text("x.zip: 'more than 128 MB inside' is not valid; valid: less.")


def test_where_python_takes_too_long_it_is_ended_and_starts_again(bench: Bench) -> None:
    bench.tool.evaluate("tool => tool.setAttribute('patience', 0.001)")
    bench.give({FILE.name: FILE.read_bytes()})
    expect(bench.wrong).to_contain_text("Python took longer than 0.001 s")


def test_the_last_of_two_recordings_is_shown(bench: Bench) -> None:
    bench.example()
    bench.give({"x.zip": zipped({"x": b""})})
    bench.give({FILE.name: FILE.read_bytes()})
    expect(bench.held).to_contain_text("11 namespaces")
    expect(bench.wrong).to_have_text("")


def test_what_cannot_be_fetched_is_said_and_tried_again(untouched: Bench, loaded: Loaded) -> None:
    untouched.page.route("**/why.zip.gz", lambda route: route.abort())
    untouched.tool.get_by_role("button", name="Try a broken cluster").click()
    expect(untouched.wrong).to_contain_text("It starts again with your next question.")
    untouched.page.unroute("**/why.zip.gz")
    untouched.example()
    untouched.expect_answer(why(loaded, "a", "b"))


def test_without_a_memory_python_starts_from_sources(untouched: Bench, loaded: Loaded) -> None:
    untouched.page.route("**/memory.bin.gz", lambda route: route.abort())
    untouched.example()
    untouched.expect_answer(why(loaded, "a", "b"))


def test_a_copy_of_the_book_without_python_says_so(address: str, opened: Open) -> None:
    page = opened().new_page()
    page.route(f"**/{PAGE}", lambda route: route.fulfill(body=route.fetch().text().replace(" data-python", "")))
    page.goto(f"{address}/{PAGE}")
    expect(page.locator("walk-why .wrong").first).to_contain_text("no Python for the browser in it: ask by the command")
    expect(page.get_by_role("button", name="Choose files")).to_be_disabled()
    expect(page.locator("walk-why .verdict")).to_contain_text("For example.")
