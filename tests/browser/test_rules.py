"""Who writes the rules, chosen in a player: the walk is another, the line that decides is one of nftables."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Open


def test_rules_of_nftables_are_chosen(address: str, opened: Open) -> None:
    page = opened(1280).new_page()
    page.goto(f"{address}/book/flannel/vxlan.html")
    player = page.locator("packet-walk").first
    player.locator(".controls").wait_for()
    broken = player.locator("label", has_text="break it:")
    expect(broken).to_have_count(1)
    chosen = player.locator("label", has_text="Rules").locator("select")
    chosen.select_option("nftables")
    expect(player).to_contain_text("table ip kube-proxy")
    expect(broken).to_have_count(0)
    expect(player.locator(".verdict")).to_have_text("delivered")
    chosen.select_option("iptables")
    expect(broken).to_have_count(1)
    expect(player).not_to_contain_text("table ip kube-proxy")
