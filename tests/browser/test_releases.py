"""An older release, chosen in a player: the walk is another, and comes back."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Open


def test_an_older_release_is_chosen(address: str, opened: Open) -> None:
    page = opened(1280).new_page()
    page.goto(f"{address}/book/calico/index.html")
    player = page.locator("packet-walk").first
    player.locator(".controls").wait_for()
    broken = player.locator("label", has_text="break it:")
    expect(broken).to_have_count(1)
    chosen = player.locator("label", has_text="Release").locator("select")
    chosen.select_option("3.32")
    expect(player).to_contain_text("Calico v3.32.1")
    expect(broken).to_have_count(0)
    player.get_by_role("button", name="show me").click()
    expect(player.locator(".verdict")).to_have_text("delivered")
    chosen.select_option("")
    expect(player).to_contain_text("Calico v3.33")
    expect(broken).to_have_count(1)


def test_another_kube_proxy_is_chosen_and_its_lines_are_marked(address: str, opened: Open) -> None:
    """The page opens with the rules of 1.35; other rules have other releases to choose."""
    page = opened(1280).new_page()
    page.goto(f"{address}/book/releases.html")
    player = page.locator('packet-walk[release="kube-proxy-1.35"]')
    player.scroll_into_view_if_needed()
    player.locator(".controls").wait_for()
    chosen, rules = (player.locator("label", has_text=name).locator("select") for name in ("Release", "Rules"))
    expect(player).to_contain_text("kube-proxy v1.35.4")
    marked = player.locator(".why .hit .changed")
    forward = player.get_by_role("button", name="Step forward")
    for _ in range(60):
        if marked.count():
            break
        forward.click()
    expect(marked).to_have_text("changed in kube-proxy 1.36")
    chosen.select_option("kube-proxy-1.37")
    expect(player).to_contain_text("kube-proxy v1.37.2")
    rules.select_option("iptables")
    expect(chosen.locator("option")).to_have_text(["release: 0.28.9", "release: 0.20.2"])
