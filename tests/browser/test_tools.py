"""The MTU calculator and *Which one?*: what a reader gets is what the model says, for every mode and every answer."""

from __future__ import annotations

from itertools import product

import pytest
from playwright.sync_api import Page, expect

import packetwalk
from packetwalk.cni import plugins
from packetwalk.widgets.tools.chooser import WhichOne
from packetwalk.widgets.tools.sums import Sums, sums
from packetwalk.widgets.tools.traits import traits
from tests import ROOT
from tests.book.site import SITE
from tests.browser.conftest import Open

UNDERLAYS = (576, 1280, 1425, 1426, 1459, 1460, 1500, 9216)
COUNT = """([underlays]) => { const tool = document.querySelector("walk-mtu"); const said = {};
    for (const mode of tool.modes) for (const underlay of underlays) { tool.set(String(underlay), mode);
      said[`${mode.key} ${underlay}`] = [tool.querySelector(".told").textContent, tool.querySelector("dl").innerText,
        tool.querySelector(".frame").innerText]; }
    return said; }"""
ALL = """() => { const tool = document.querySelector("walk-choose"); const said = {};
    const every = tool.data.questions.reduce((all, q) => all.flatMap((each) => q.answers.map((a) => [...each, a.id])), [[]]);
    for (const answers of every) {
      for (const [k, q] of tool.data.questions.entries()) tool.form.elements.namedItem(q.id).value = answers[k];
      tool.form.dispatchEvent(new Event("change"));
      const out = [...tool.querySelectorAll(".why h3")].find((h) => h.textContent == "Ruled out")?.nextElementSibling;
      said[answers] = { best: tool.querySelector(".told strong").textContent,
        signs: [...tool.querySelectorAll(".why li[data-sign]")].map((li) => li.dataset.sign).join(""),
        links: [...tool.querySelectorAll(".why a")].map((a) => a.getAttribute("href")),
        out: [...(out?.querySelectorAll("b") ?? [])].map((b) => b.textContent) }; }
    return said; }"""
CHOOSER = WhichOne(ROOT / "book" / "data" / "choose.yaml")
NAMES = {f"{plugins()[plugin].title} {mode}": (plugin, mode) for plugin, mode in CHOOSER.modes}


def page_with(opened: Open, address: str, name: str, tool: str, width: int = 1280, **options) -> Page:
    page = opened(width, 800, **options).new_page()
    page.goto(f"{address}/book/{name}.html")
    expect(page.locator(f"{tool} .told")).not_to_be_empty()
    return page


def test_the_calculator_says_of_every_mode_what_the_model_says(address: str, opened: Open) -> None:
    said = page_with(opened, address, "mtu", "walk-mtu").evaluate(COUNT, [UNDERLAYS])
    assert len(said) == len(sums()) * len(UNDERLAYS)
    for of, underlay in product(sums(), UNDERLAYS):
        told, facts, frame = said[f"{of.key} {underlay}"]
        found = of.at(underlay)
        assert f"MTU of {found['pod_mtu']}" in told
        assert (f"only {found['fits']} bytes" in told) == (found["fits"] < found["pod_mtu"])
        assert f"{found['largest_ping']} bytes" in facts and f"{found['tcp_mss']} bytes" in facts
        assert f"{found['fits'] + 1} bytes" in facts
        for name, size in found["overhead"].items():
            assert f"{size} {name}" in facts and f"{name} {size}" in frame, (of.key, underlay)


@pytest.mark.parametrize("width", [360, 1280])
def test_the_calculator_by_keyboard_and_its_walk(address: str, opened: Open, width: int) -> None:
    page = page_with(opened, address, "mtu", "walk-mtu", width, reduced_motion="reduce")
    tool = page.locator("walk-mtu")
    tool.get_by_label("MTU of the underlay").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("1400")
    expect(tool.locator(".told")).to_contain_text("1350")
    tool.get_by_label("Plugin").select_option("Weave Net")
    expect(tool.locator(".told")).to_contain_text("sleeve carries the packets")
    tool.get_by_label("Between nodes").select_option("encrypted")
    expect(tool.get_by_label("Mode")).to_have_value("weave/fastdp-encrypted")
    tool.get_by_role("button", name="1500").press("Enter")
    tool.get_by_role("link", name="one byte more").press("Enter")
    expect(page.locator("packet-walk .saying, packet-walk [aria-current=step]").first).to_be_visible()
    expect(page.locator("packet-walk")).to_contain_text("1377")


def test_the_calculator_refuses_what_is_no_mtu(address: str, opened: Open) -> None:
    page = page_with(opened, address, "mtu", "walk-mtu")
    for typed in ("", "500", "99999"):
        page.get_by_label("MTU of the underlay").fill(typed)
        expect(page.locator("walk-mtu .told")).to_have_text(
            "The MTU of the underlay is a whole number from 576 to 9216."
        )
        expect(page.locator("walk-mtu dl")).to_be_hidden()


def test_a_link_names_an_underlay_and_a_mode(address: str, opened: Open) -> None:
    page = opened(1280, 800).new_page()
    page.goto(f"{address}/book/mtu.html#mtu=1400/calico/ipip")
    expect(page.locator("walk-mtu .told")).to_contain_text("Calico ipip over 1400 bytes")
    page.get_by_role("link", name="Flannel host-gw", exact=True).click()
    expect(page.locator("walk-mtu .told")).to_contain_text("Flannel host-gw over 1400 bytes")


def fitting(answers: dict[str, str], pair: tuple[str, str]) -> bool:
    """Say whether a mode does what is asked, as its walks show it and its project says."""
    own = traits(*pair)
    return (
        (answers["underlay"] not in ("mixed", "cloud") or "crosses" in own)
        and (answers["underlay"] != "bgp" or bool({"crosses", "bird"} & own))
        and (answers["policy"] != "own" or pair[0] == "calico")
        and (answers["encryption"] != "yes" or "sealed" in own)
        and (answers["support"] != "open" or pair[0] != "weave")
    )


def test_every_combination_of_answers_has_an_answer_without_a_contradiction(
    address: str, opened: Open
) -> None:
    said = page_with(opened, address, "choose", "walk-choose").evaluate(ALL)
    ids = [question.id for question in CHOOSER.questions]
    every = list(product(*([each.id for each in question.answers] for question in CHOOSER.questions)))
    assert len(said) == len(every) > 900
    for given in every:
        found, answers = said[",".join(given)], dict(zip(ids, given, strict=True))
        best = NAMES[found["best"]]
        assert fitting(answers, best), (given, best)
        assert "−" not in found["signs"] and found["best"] not in found["out"], given
        out = {NAMES[name] for name in found["out"]}
        assert out == {pair for pair in CHOOSER.modes if _ruled_out(answers, pair)}, given
        for link in set(found["links"]):
            assert link.startswith("#") or (SITE / "book" / link).is_file(), link
    assert len({found["best"] for found in said.values()}) >= 8, "it always says the same"


def _ruled_out(answers: dict[str, str], pair: tuple[str, str]) -> bool:
    given = [
        next(each for each in question.answers if each.id == answers[question.id])
        for question in CHOOSER.questions
    ]
    return any(rule is not None and rule.verdict == "no" for rule in (each.judge(*pair) for each in given))


AS_THE_PAGE_SAYS = {
    ("underlay", "segment"): "Flannel host-gw",
    ("underlay", "mixed"): "Flannel vxlan-directrouting",
    ("underlay", "cloud"): "Flannel vxlan",
    ("underlay", "bgp"): "Calico bgp",
    ("policy", "own"): "Calico vxlan-crosssubnet",
    ("encryption", "yes"): "Flannel wireguard",
}


def test_it_agrees_with_the_tables_of_its_page(address: str, opened: Open) -> None:
    page = page_with(opened, address, "choose", "walk-choose")
    tool = page.locator("walk-choose")
    expect(tool.locator(".told strong")).to_have_text("Flannel vxlan")
    for (question, answer), mode in AS_THE_PAGE_SAYS.items():
        page.goto(f"{address}/book/choose.html")
        tool.locator(f"input[name={question}][value={answer}]").check()
        expect(tool.locator(".told strong")).to_have_text(mode)


def test_answers_by_keyboard_stay_in_their_link(address: str, opened: Open) -> None:
    page = page_with(opened, address, "choose", "walk-choose", 360)
    tool = page.locator("walk-choose")
    tool.locator("input[name=underlay]").first.focus()
    page.keyboard.press("ArrowDown")
    expect(tool.locator(".told")).to_contain_text("Flannel host-gw")
    link = tool.get_by_role("link", name="Link to these answers").get_attribute("href")
    page.goto(f"{address}/book/choose.html{link}")
    page.reload()
    expect(tool.locator(".told")).to_contain_text("Flannel host-gw")
    expect(tool.locator("input[name=underlay][value=segment]")).to_be_checked()


@pytest.mark.parametrize(("name", "tool"), [("mtu", "walk-mtu"), ("choose", "walk-choose")])
def test_without_a_script_a_table_is_read(address: str, opened: Open, name: str, tool: str) -> None:
    page = opened(1280, 800, java_script_enabled=False).new_page()
    page.goto(f"{address}/book/{name}.html")
    expect(page.locator(f"{tool} form")).to_be_hidden()
    assert page.locator(f"{tool} tbody tr").count() >= 17


def test_the_table_of_sums_fits_on_a_phone(address: str, opened: Open) -> None:
    page = page_with(opened, address, "mtu", "walk-mtu", 360)
    wide, room = page.locator(".table-scroll:has(.numbers)").evaluate("e => [e.scrollWidth, e.clientWidth]")
    assert wide <= room


def test_sums_of_the_book_are_those_of_the_command() -> None:
    of: Sums = next(each for each in sums() if each.key == "flannel/vxlan")
    assert of.at(1450) == packetwalk.mtu("flannel", "vxlan", 1450).to_json()
