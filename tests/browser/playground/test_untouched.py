"""Where nobody edits: recipes as Python computed them ahead, and nothing of it is loaded."""

from __future__ import annotations

from playwright.sync_api import expect

from packetwalk.policy.playground import judged, told
from packetwalk.policy.plugins import enforcements
from packetwalk.policy.recipes import recipes
from tests.browser.conftest import Open
from tests.browser.playground.desk import FIRST, PAGE, Desk

# Every recipe under every plugin, as its table has it: 1 where pods may talk, 0 where not, . where a pod is itself.
EVERY = """tool => { const said = {}; for (const recipe of tool.recipes) for (const {value} of tool.form.plugin.options) {
    tool.load(recipe, {plugin: value});
    const cell = td => ({allowed: "1", denied: "0"})[td.querySelector("button")?.className] ?? ".";
    said[`${recipe.name} ${value}`] = {told: tool.querySelector(".told").textContent,
      verdict: tool.querySelector(".verdict").textContent,
      rows: [...tool.querySelectorAll("tbody tr")].map(tr => [...tr.querySelectorAll("td")].map(cell).join(""))}; }
    return said; }"""


def test_recipes_are_there_at_once_as_python_computes_them_and_load_none_of_it(untouched: Desk) -> None:
    said = untouched.tool.evaluate(EVERY)
    assert len(said) == len(recipes()) * len(enforcements()) > 60
    for each in recipes():
        for plugin in (of.name for of in enforcements()):
            shown, found = said[f"{each.name} {plugin}"], judged(each.manifests, *each.asked[2:], plugin)
            rows = [
                "".join("." if column == row else open_ for column, open_ in enumerate(opens))
                for row, opens in enumerate(found["open"])
            ]
            assert shown["rows"] == rows, (each.name, plugin)
            assert f"{found['allowed']} of {found['pairs']} pairs" in shown["told"]
            way = told(each.manifests, *each.asked, plugin)
            verdict = "Allowed" if way["verdict"] == "allow" else "Denied"
            assert shown["verdict"] == f"{verdict}: {way['asked']}"
    assert untouched.of_python() == [] and untouched.noise == []


def test_a_cell_of_a_recipe_is_told_without_python(untouched: Desk) -> None:
    untouched.cell("ops/web", "shop/db").click()
    expect(untouched.tool.locator(".verdict")).to_have_text("Allowed: ops/web -> shop/db TCP 5432")
    way = untouched.tool.locator(".way")
    for each in told(FIRST.manifests, "ops/web", "shop/db", "TCP", 5432)["rulings"]:
        expect(way).to_contain_text(f"{each['direction']} of {each['endpoint']}: {each['verdict']}")
        expect(way).to_contain_text(each["says"])
        for other in each["others"]:
            expect(way).to_contain_text(other)
    assert untouched.of_python() == ["examples.json.gz"]


def test_the_line_that_decided_is_shown_where_nobody_edits(untouched: Desk) -> None:
    untouched.tool.get_by_label("Recipe").select_option("tier-pass")
    untouched.tool.locator(".way").get_by_role("button", name="line 10").click()
    assert untouched.page.evaluate("String(getSelection())") == "kind: GlobalNetworkPolicy"
    assert untouched.of_python() == []


def test_the_table_by_arrow_keys(untouched: Desk) -> None:
    page = untouched.page
    untouched.cell("shop/web", "shop/db").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")  # over shop/job's own place
    expect(untouched.cell("shop/db", "shop/job")).to_be_focused()
    page.keyboard.press("Enter")
    expect(untouched.tool.locator(".verdict")).to_have_text("Allowed: shop/db -> shop/job TCP 5432")
    assert untouched.tool.locator("table [tabindex='0']").count() == 1


def test_without_a_script_the_first_recipe_is_read(address: str, opened: Open) -> None:
    page = opened(java_script_enabled=False).new_page()
    page.goto(f"{address}/{PAGE}")
    tool = page.locator("walk-policy")
    expect(tool.locator("form")).to_be_hidden()
    cells = tool.locator("tbody tr", has_text="shop/web").locator("td")
    expect(cells.first).to_be_visible()
    assert cells.all_inner_texts() == ["yes", "yes", "yes", "no", "yes", ""]
    assert tool.locator("tbody td").all_inner_texts().count("no") == 4
    expect(tool.locator(".verdict")).to_have_text("Denied: shop/web -> shop/db TCP 5432")
    expect(tool.locator("pre")).to_contain_text("kind: NetworkPolicy")


def test_a_copy_of_the_book_without_python_says_so_and_shows_what_it_has(address: str, opened: Open) -> None:
    page = opened().new_page()
    page.route(f"**/{PAGE}", lambda route: route.fulfill(body=route.fetch().text().replace(" data-python", "")))
    page.goto(f"{address}/{PAGE}")
    expect(page.get_by_text("This copy of the book has no Python for the browser in it")).to_be_visible()
    expect(page.get_by_role("button", name="Edit")).to_be_hidden()
    page.get_by_label("Recipe").select_option("two-peers")
    expect(page.locator("walk-policy .told")).to_contain_text("28 of 30")
    page.get_by_label("To", exact=True).fill("203.0.113.9")
    page.get_by_label("To", exact=True).press("Enter")
    expect(page.locator("walk-policy .said")).to_contain_text("no Python")
