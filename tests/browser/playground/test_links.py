"""Links carry what is shown, and the address follows it."""

from __future__ import annotations

import base64
import json
import zlib

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.playground.desk import FIRST, OR, Desk


def test_a_link_carries_what_was_typed(desk: Desk, address: str, opened: Open) -> None:
    desk.write(OR)
    desk.expect_matrix(OR)
    desk.cell("shop/web", "ops/web").click()
    desk.tool.get_by_role("button", name="Copy a link").click()
    expect(desk.tool.locator(".said")).to_contain_text("The link is copied")
    fragment = desk.page.evaluate("location.hash")
    assert fragment.startswith("#manifests=")
    other = Desk(opened().new_page(), address, fragment)
    other.expect_matrix(OR)
    expect(other.tool.locator(".verdict")).to_have_text("Allowed: shop/web -> ops/web TCP 5432")
    assert other.tool.evaluate("tool => tool.paper.text") == OR


def test_a_link_to_a_recipe_needs_no_python(untouched: Desk) -> None:
    untouched.tool.get_by_label("Recipe").select_option("end-port")
    untouched.tool.get_by_label("Enforced by").select_option("flannel")
    untouched.tool.get_by_role("button", name="Copy a link").click()
    expect(untouched.tool.locator(".said")).to_contain_text("The link is copied")
    assert untouched.page.evaluate("location.hash") == "#recipe=end-port/flannel"
    untouched.page.reload()
    expect(untouched.tool.get_by_label("Recipe")).to_have_value("end-port")
    expect(untouched.tool.get_by_label("Enforced by")).to_have_value("flannel")
    assert untouched.of_python() == []


@pytest.mark.parametrize(
    ("fragment", "said"),
    [
        ("#manifests=q1YqSS0u", "The link is broken"),
        (f"#manifests={'A' * 17_000}", "The link is too large"),
        ("#recipe=no-such", "names no recipe of this page: no-such"),
        ("#recipe=one-peer/nope", "nobody who enforces (calico, flannel, weave): nope"),
        ("#recipe=one-peer/weave/vxlan", "no mode of weave (fastdp, fastdp-encrypted, sleeve, sleeve-encrypted): vxlan"),
        ("#recipe=one-peer/weave/sleeve/nftables", "no form of the rules of weave (iptables): nftables"),
        ("#recipe=one-peer/calico/ipip/iptables/99999", "goes on behind what this page reads: 99999"),
        ("#text=q1YqSS0u", "nothing that this page knows: #text=q1YqSS0u"),
    ],
)
def test_a_link_that_is_broken_or_too_large_says_so(address: str, opened: Open, fragment: str, said: str) -> None:
    desk = Desk(opened().new_page(), address, fragment)
    expect(desk.tool.locator(".said")).to_contain_text(said)
    plugin = "weave" if "/weave" in fragment else "calico"
    desk.expect_matrix(FIRST.manifests, plugin=plugin)
    assert desk.of_python() == [] and desk.noise == []


def holding(*asked: str | int) -> str:
    """Return a link's fragment as the page makes it."""
    packed = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    data = packed.compress(json.dumps(asked).encode()) + packed.flush()
    return f"#manifests={base64.urlsafe_b64encode(data).decode().rstrip('=')}"


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"protocol": "FOO"}, "The link names no protocol of this page (TCP, UDP, SCTP, ICMP): FOO."),
        ({"plugin": "nope"}, "The link names nobody who enforces (calico, flannel, weave): nope."),
        ({"mode": "zz"}, "The link names no mode of calico (ipip, ipip-crosssubnet, vxlan, "),
        ({}, ""),
    ],
)
def test_what_a_text_is_asked_with_in_a_link_is_known_or_said(address: str, opened: Open, how: dict, said: str) -> None:
    asked = {"plugin": "calico", "protocol": "TCP", "port": 5432, "source": "shop/web", "destination": "shop/db"} | how
    rules = ["iptables"] if "mode" in how else []
    desk = Desk(opened().new_page(), address, holding(OR, *asked.values(), *rules))
    expect(desk.tool.locator(".told")).to_contain_text("28 of 30")
    desk.expect_matrix(OR)
    expect(desk.tool.locator(".said")).to_contain_text(said)
    expect(desk.tool.locator(".wrong")).to_have_text("")
    assert desk.noise == []


def test_the_address_follows_what_is_shown(untouched: Desk, address: str) -> None:
    page, chosen = untouched.page, untouched.tool.get_by_label("Recipe")

    def fragment_is(expected: str) -> None:
        page.wait_for_function("expected => location.hash === expected", arg=expected)

    fragment_is("")
    untouched.cell("shop/web", "ops/web").click()
    untouched.tool.get_by_role("button", name="Copy a link").click()
    page.wait_for_function("location.hash.startsWith('#manifests=')")
    chosen.select_option("two-peers")
    fragment_is("#recipe=two-peers/calico")
    untouched.tool.get_by_label("Enforced by").select_option("weave")
    fragment_is("#recipe=two-peers/weave")
    page.reload()
    expect(chosen).to_have_value("two-peers")
    expect(untouched.tool.get_by_label("Enforced by")).to_have_value("weave")
    page.evaluate("location.hash = '#recipe=end-port/calico'")
    expect(chosen).to_have_value("end-port")
    page.evaluate("location.hash = ''")
    expect(chosen).to_have_value(FIRST.name)
    page.go_back()
    expect(chosen).to_have_value("end-port")
    page.go_back()
    expect(chosen).to_have_value("two-peers")
    page.go_forward()
    expect(chosen).to_have_value("end-port")
    untouched.edit().write(OR)
    fragment_is("")
    page.go_back()
    expect(chosen).to_have_value("two-peers")
    page.go_forward()
    expect(chosen).to_have_value("")
    untouched.expect_matrix(OR)


def test_back_from_a_link_what_was_there_before_is_there_again(untouched: Desk) -> None:
    page, tool = untouched.page, untouched.tool
    untouched.cell("ops/web", "shop/db").click()
    tool.get_by_role("button", name="Copy a link").click()
    page.wait_for_function("location.hash.startsWith('#manifests=')")
    link = page.evaluate("location.hash")
    untouched.cell("shop/web", "shop/job").click()
    page.wait_for_function("location.hash === ''")
    page.evaluate("link => { location.hash = link }", link)
    for _ in range(2):
        expect(tool.get_by_label("Recipe")).to_have_value("")
        expect(tool.locator(".verdict")).to_have_text("Allowed: ops/web -> shop/db TCP 5432")
        page.go_back()
        expect(tool.get_by_label("Recipe")).to_have_value(FIRST.name)
        expect(tool.locator(".verdict")).to_have_text("Allowed: shop/web -> shop/job TCP 5432")
        page.go_forward()


def test_a_text_too_large_for_a_link_says_so(desk: Desk) -> None:
    names = "".join(f"# {number * 7919 % 999_983:x}{number * 104_729 % 999_979:x}\n" for number in range(6000))
    desk.write(FIRST.manifests + names)
    desk.tool.get_by_role("button", name="Copy a link").click()
    expect(desk.tool.locator(".said")).to_contain_text("Too large for a link")
