"""Where somebody edits: every answer is that of the same Python elsewhere."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from packetwalk.policy.playground import judged
from packetwalk.policy.recipes import recipe
from tests.browser.playground.desk import FIRST, OR, POD, Desk
from tests.browser.test_pages import AXE_RUN, PAST_THE_EDGE


def test_an_edit_changes_the_table_and_shows_what_changed(desk: Desk) -> None:
    desk.expect_matrix(FIRST.manifests)
    desk.content.get_by_text("podSelector: {matchLabels: {app: web}}").click()
    for key in ("Home", "Backspace"):
        desk.page.keyboard.press(key)
    desk.page.keyboard.type("- ")
    desk.expect_matrix(OR)
    expect(desk.tool.locator(".told")).to_contain_text("2 cells have changed")
    assert desk.tool.locator("button[data-new]").count() == 2
    expect(desk.tool.get_by_label("Recipe")).to_have_value("")


def test_python_is_asked_before_the_editor_colours_what_was_typed(desk: Desk) -> None:
    desk.write(OR)
    desk.expect_matrix(OR)
    desk.tool.evaluate("""tool => { const {ask} = tool.python; tool.python.ask = function (question, ...more) {
        tool.shown = tool.querySelector(".cm-content").textContent; return ask.call(this, question, ...more); } }""")
    desk.write("# new\n" + FIRST.manifests)
    desk.expect_matrix(FIRST.manifests)
    assert "# new" in desk.content.inner_text()
    assert "# new" not in desk.tool.evaluate("tool => { delete tool.python.ask; return tool.shown; }")


def test_what_was_typed_comes_back_after_a_recipe(desk: Desk) -> None:
    desk.write(OR)
    desk.expect_matrix(OR)
    desk.tool.get_by_label("Recipe").select_option("own-namespace")
    desk.expect_matrix(recipe("own-namespace").manifests)
    desk.tool.get_by_label("Recipe").select_option("")
    desk.expect_matrix(OR)
    assert desk.tool.evaluate("tool => tool.paper.text") == OR


@pytest.mark.parametrize("plugin", ["weave", "flannel"])
def test_every_choice_is_answered_by_python_as_by_python_elsewhere(desk: Desk, plugin: str) -> None:
    text = recipe("end-port").manifests
    desk.write(text)
    desk.tool.get_by_label("Enforced by").select_option(plugin)
    desk.expect_matrix(text, plugin=plugin)
    desk.port("5430")
    desk.expect_matrix(text, port=5430, plugin=plugin)
    desk.tool.get_by_label("Protocol").select_option("UDP")
    desk.expect_matrix(text, "UDP", 5430, plugin)


def test_a_service_is_asked_at_its_port_and_the_line_that_decided_is_found(desk: Desk) -> None:
    desk.write(recipe("service-address").manifests)
    desk.tool.get_by_label("From").fill("shop/web")
    desk.tool.get_by_label("To", exact=True).fill("service:kube-system/kube-dns")
    desk.tool.get_by_label("To", exact=True).press("Enter")
    expect(desk.tool.locator(".verdict")).to_have_text(
        "Denied: shop/web -> service kube-system/kube-dns UDP 53"
    )
    desk.write(FIRST.manifests)
    desk.tool.get_by_label("From").fill("ops/web")
    desk.tool.get_by_label("To", exact=True).fill("service:shop/db")
    desk.tool.get_by_label("To", exact=True).press("Enter")
    expect(desk.tool.locator(".verdict")).to_contain_text("Allowed: ops/web -> service")
    desk.tool.locator(".way").get_by_role("button", name="line 5").click()
    expect(desk.tool.locator(".cm-activeLine")).to_have_text("kind: NetworkPolicy")


# The table as it is: of each row the pods of its line, and its cells, 1 where pods may talk, 0 where not, . where a pod is itself.
TABLE = """table => [...table.tBodies[0].rows].map(tr => [tr.cells[0].title, [...tr.cells].slice(1)
    .map(td => ({allowed: "1", denied: "0"})[td.querySelector("button")?.className] ?? ".").join("")])"""


def many(*labels: str) -> str:
    """Return pods of few kinds, more than have a line each, under a policy: b's are closed to all but a's."""
    pods = "".join(POD % f"p{k:02}" for k in range(30))
    for k in range(30):
        pods = pods.replace(f"name: p{k:02},", f"name: p{k:02}, labels: {{app: {labels[k % len(labels)]}}},")
    rule = "ingress: [{from: [{podSelector: {matchLabels: {app: a}}}]}]"
    return "\n".join(
        (
            "apiVersion: networking.k8s.io/v1",
            "kind: NetworkPolicy",
            "metadata: {name: b, namespace: shop}",
            f"spec: {{podSelector: {{matchLabels: {{app: b}}}}, {rule}}}",
            pods,
        )
    )


def test_lines_come_and_go_where_pods_become_alike_or_do_not(desk: Desk) -> None:
    for labels in ("ab", "abc", "cab", "c", "bca", "b"):
        text = many(*labels)
        desk.write(text)
        found = judged(text, "TCP", 5432)
        heads = [len(names) == 1 for names in found["lines"]]
        rows = [
            ["\n".join(names), "".join("." if row == column and heads[row] else each for column, each in enumerate(found["open"][row]))]
            for row, names in enumerate(found["lines"])
        ]
        expect(desk.tool.locator(".told")).to_contain_text(f"{found['allowed']} of {found['pairs']}")
        desk.page.wait_for_function(f"rows => JSON.stringify(({TABLE})(document.querySelector('walk-policy table'))) === rows", arg=json.dumps(rows, separators=(",", ":")))
        assert desk.tool.locator("thead th").count() == len(rows)
        assert desk.tool.locator("table [tabindex='0']").count() == 1
    desk.tool.locator("tbody button").first.click()
    expect(desk.tool.locator(".verdict")).to_contain_text("shop/p00 -> shop/p01")


@pytest.mark.parametrize("width", [1280, 360])
def test_it_is_accessible_and_fits_while_it_is_edited(desk: Desk, axe: str, width: int) -> None:
    desk.page.set_viewport_size({"width": width, "height": 800})
    desk.write(FIRST.manifests.replace("ingress:", "inress:"))
    expect(desk.tool.locator(".wrong")).to_contain_text("Line 9")
    desk.port("0")
    expect(desk.tool.locator("#port-wrong")).to_be_visible()
    desk.page.evaluate(axe)
    for scheme in ("light", "dark"):
        desk.page.emulate_media(color_scheme=scheme)
        assert desk.page.evaluate(AXE_RUN, {}) == [], scheme
        assert desk.page.evaluate(PAST_THE_EDGE) <= 0, "something is wider than the page"
    desk.page.emulate_media(color_scheme="light")
    desk.page.set_viewport_size({"width": 1280, "height": 900})
