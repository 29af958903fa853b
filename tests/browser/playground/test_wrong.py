"""What is wrong is said at its place, and nothing ends the page."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from packetwalk.policy.recipes import recipe
from tests.browser.conftest import Open
from tests.browser.playground.desk import FIRST, OR, POD, Desk

NEST = "\n".join(["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 7))])
MERGED = NEST.replace("[x]", "{k: v}").replace("[*", "{<<: [*").replace("]", "]}").replace("{k: v]}", "{k: v}")
DEEP = "a: " + "[" * 2_000
WRONG = {
    "not YAML": (FIRST.manifests.replace("spec:", "spec: ]", 1), 7, "YAML"),
    "a tab": (FIRST.manifests.replace("  podSelector", "\tpodSelector", 1), 8, "YAML"),
    "an unknown kind": (FIRST.manifests.replace("NetworkPolicy", "NetworkPolice"), 5, "valid: NetworkPolicy"),
    "a misspelt field": (FIRST.manifests.replace("ingress:", "inress:"), 9, "'inress' is not valid; valid: ingress"),
    "a nest of aliases": (NEST, 1, "2,345,679 values by its aliases"),
    "a nest of merges": (MERGED, 7, "merged too large"),
    "brackets without end": (DEEP, 1, ""),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_said_at_its_line_and_the_last_table_stays(desk: Desk, what: str) -> None:
    text, line, said = WRONG[what]
    desk.write(text)
    wrong = desk.tool.locator(".wrong")
    expect(wrong).to_contain_text(f"Line {line}")
    expect(wrong).to_contain_text(said)
    expect(desk.tool.locator(".told")).to_contain_text("the last one without a mistake")
    assert desk.tool.locator("tbody button").count() == 30
    wrong.get_by_role("button", name=f"Line {line}").click()
    expect(desk.content).to_be_focused()
    expect(desk.tool.locator(".cm-lint-marker-error")).to_have_count(1)


def test_what_is_chosen_beside_a_wrong_text_is_asked_of_the_last_one_without_a_mistake(desk: Desk) -> None:
    desk.write(f"foo: [\n{OR}")
    expect(desk.tool.locator(".wrong")).to_contain_text("Line ")
    desk.tool.get_by_label("Enforced by").select_option("flannel")
    desk.port("81")
    desk.cell("shop/web", "ops/web").click()
    expect(desk.tool.locator(".verdict")).to_have_text("Allowed: shop/web -> ops/web TCP 81")
    expect(desk.tool.locator(".told")).to_contain_text("the last one without a mistake. Enforced by flannel, TCP 81: ")
    desk.expect_matrix(FIRST.manifests, port=81, plugin="flannel")
    expect(desk.tool.locator(".wrong")).to_contain_text("Line ")
    assert desk.tool.get_attribute("stale") is not None
    desk.write(OR)
    desk.expect_matrix(OR, port=81, plugin="flannel")
    assert desk.tool.get_attribute("stale") is None


@pytest.mark.parametrize("port", ["70000", "0", "-1", "80.5", ""])
def test_what_is_no_port_is_said_at_its_field_and_changes_nothing_else(desk: Desk, port: str) -> None:
    desk.port(port)
    field = desk.tool.get_by_role("spinbutton", name="Port")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(
        "A port is a whole number from 1 to 65535. The answer is still that at 5432."
    )
    desk.expect_matrix(FIRST.manifests)
    desk.write(OR)
    desk.expect_matrix(OR)
    desk.port("81")
    expect(field).not_to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description("")
    desk.expect_matrix(OR, port=81)


def test_an_end_that_is_cleared_leaves_no_answer_of_the_old_one(desk: Desk) -> None:
    desk.write(OR)
    source = desk.tool.get_by_label("From")
    source.fill("shop/nobody")
    source.press("Enter")
    expect(desk.tool.locator(".verdict")).to_contain_text("nobody")
    source.fill("")
    source.press("Enter")
    expect(desk.tool.locator(".verdict")).to_have_text("")
    expect(desk.tool.locator(".way li")).to_have_count(0)


@pytest.mark.parametrize(
    ("end", "to", "port"),
    [("shop/db:81", "shop/db", "81"), ("service:shop/db:82", "service:shop/db", "82"), ("[fd00::1]:83", "fd00::1", "83")],
)
def test_an_end_brings_a_port_as_on_the_command_line(desk: Desk, end: str, to: str, port: str) -> None:
    field = desk.tool.get_by_label("To", exact=True)
    field.fill(end)
    field.press("Enter")
    expect(field).to_have_value(to)
    expect(desk.tool.get_by_role("spinbutton", name="Port")).to_have_value(port)
    expect(desk.tool.locator(".verdict")).to_contain_text(f"{to.replace(':s', ' s')} TCP {port}")


def test_a_ports_name_behind_an_end_is_said_not_to_be_one(desk: Desk) -> None:
    field = desk.tool.get_by_label("To", exact=True)
    field.fill("shop/db:sql")
    field.press("Enter")
    expect(field).to_have_accessible_description("The port goes into its own field, as a number, not sql.")
    field.fill("shop/db:99999")
    field.press("Enter")
    expect(field).to_have_accessible_description("")
    expect(desk.tool.get_by_role("spinbutton", name="Port")).to_have_attribute("aria-invalid", "true")


def test_while_python_judges_it_is_said(desk: Desk) -> None:
    desk.write(OR + "".join(POD % f"p{number}" for number in range(1000)))
    expect(desk.tool.get_by_role("status").get_by_text("Judging ...")).to_be_visible()
    expect(desk.tool.locator(".told")).to_contain_text("of 1,011,030 pairs")
    expect(desk.tool.locator(".state")).to_have_text("")


def test_more_than_five_megabytes_are_refused_before_python_sees_them(desk: Desk) -> None:
    desk.tool.evaluate("tool => { tool.asks = 0; const {ask} = tool.python;"
                       " tool.python.ask = function (...all) { tool.asks += 1; return ask.apply(this, all); } }")
    desk.write("# a long comment\n" * 300_000)
    expect(desk.tool.locator(".wrong")).to_have_text("5,100,000 characters; at most 5,000,000 are read.")
    assert desk.tool.evaluate("tool => { delete tool.python.ask; return tool.asks; }") == 0


def test_markup_is_text(desk: Desk) -> None:
    markup = "<img src=x onerror=window.hit=1><b>"
    rule = {"name": markup, "action": "Deny", "from": [{"namespaces": {}}]}
    spec = {"tier": "Admin", "priority": 1, "subject": {"namespaces": {}}, "ingress": [rule]}
    kind = {"apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy", "metadata": {"name": "c"}}
    desk.write(f"{FIRST.manifests}\n---\n{json.dumps({**kind, 'spec': spec})}\n")
    expect(desk.tool.locator(".told")).to_contain_text("0 of 30 pairs")
    desk.tool.locator("tbody tr").first.get_by_role("button").last.click()
    expect(desk.tool.locator(".verdict")).to_contain_text("Denied")
    expect(desk.tool.locator(".way")).to_contain_text(markup)
    for wrong in (POD % json.dumps(markup), (POD % "later").replace("kind: Pod", "kind: <b>Pod</b>")):
        desk.write(FIRST.manifests + wrong)
        expect(desk.tool.locator(".wrong")).to_contain_text("<b>")
    assert desk.tool.locator("img, b b, .wrong b").count() == 0
    assert desk.page.evaluate("window.hit") is None


def test_python_that_takes_too_long_is_ended_and_starts_again(desk: Desk) -> None:
    desk.write(FIRST.manifests.replace("ingress:", "inress:"))
    expect(desk.tool.locator(".wrong")).to_contain_text("Line 9")
    desk.tool.evaluate("tool => tool.setAttribute('patience', '0.3')")
    desk.write("- a\n" * 300_000)  # seconds of work for any machine
    expect(desk.tool.locator(".said")).to_contain_text("longer than 0.3 s. It was ended")
    expect(desk.tool.locator(".wrong")).to_have_text("")  # that was another text
    desk.tool.evaluate("tool => tool.removeAttribute('patience')")
    text = recipe("two-peers").manifests + POD % "later"
    desk.write(text)
    desk.expect_matrix(text)


def test_what_could_not_be_loaded_is_said_and_tried_again(address: str, opened: Open) -> None:
    page = opened().new_page()
    page.route("**/pyodide.asm.wasm.gz", lambda route: route.abort())
    desk = Desk(page, address).edit()
    expect(desk.tool.locator(".said")).to_contain_text("Python could not be loaded")
    page.unroute("**/pyodide.asm.wasm.gz")
    desk.write(OR)
    desk.expect_matrix(OR)


def test_without_a_memory_to_start_from_python_starts_from_sources(address: str, opened: Open) -> None:
    page = opened().new_page()
    page.route("**/memory.bin.gz", lambda route: route.abort())
    desk = Desk(page, address).edit()
    desk.write(OR)
    desk.expect_matrix(OR)
    assert {"python_stdlib.zip", "package.zip.gz"} <= set(desk.of_python())
