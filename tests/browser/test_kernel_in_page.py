"""*Prove it here*: a kernel in the page builds the walk's namespaces, sends its packet, and is compared; then a reader changes it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from packetwalk.lab.page import guest
from tests.book.site import SITE
from tests.browser.conftest import Open, drawn, watch

pytestmark = pytest.mark.skipif(
    not guest.made() or not (SITE / "_static/kernel").is_dir(), reason="needs make kernel, then make build"
)
PAGE = "book/flannel/vxlan.html"
SLOW = 400_000  # ms: a kernel and Python, on a machine that does much else
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; worker-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:"
)
"""Inline: the theme's own scripts and styles of the page; nothing of the kernel needs that."""
Altered = Callable[[Page], None]


class Proof:
    """A page whose first player is asked to prove its walk."""

    def __init__(
        self, opened: Open, address: str, before: Altered = lambda page: None, at: tuple[str, int] = (PAGE, 0)
    ) -> None:
        self.page = opened().new_page()
        self.page.set_default_timeout(SLOW)
        before(self.page)
        self.noise, self.asked = watch(self.page), []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(f"{address}/{at[0]}")
        self.player = drawn(self.page.locator("packet-walk").nth(at[1]), ".choices")
        self.button = self.player.get_by_role("button", name="Prove it here")
        self.button.wait_for()
        self.proof = self.page.locator("walk-proof")

    def kernel(self) -> list[str]:
        """Return what of the kernel was asked for."""
        return [each for each in self.asked if "/_static/kernel/" in each or "/_static/playground/" in each]

    def verdict(self) -> Locator:
        """Return the verdict, when there is one."""
        verdict = self.proof.locator(".verdict")
        verdict.wait_for()
        return verdict

    def again(self) -> Locator:
        """Prove the walk that is shown now, in the same kernel."""
        self.proof.locator(".again").click()
        self.proof.locator(".verdict").wait_for(state="detached")
        return self.verdict()

    def ended(self, name: str = "") -> bool:
        """Say, some time after, whether no worker is left whose script is called so."""
        for _ in range(100):
            if not any(name in each.url for each in self.page.workers):
                return True
            self.page.wait_for_timeout(100)
        return False


def under_policy(page: Page) -> None:
    def answered(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, "Content-Security-Policy": POLICY})

    page.route(re.compile(r"\.(html|js|mjs)$"), answered)


def test_walks_and_a_fault_are_proven_and_a_wrong_model_is_noticed(address: str, opened: Open):
    here = Proof(opened, address, under_policy)
    assert here.kernel() == []
    here.button.click()
    expect(here.proof).to_be_in_viewport()
    expect(here.verdict()).to_have_text(re.compile(r"Proven here, in Linux 6\.1\.\d+: [1-9]\d* frames"))
    assert here.ended("engine.js") and here.page.workers
    here.player.locator("label", has_text="break it:").locator("select").select_option("missing-fdb")
    expect(here.player.locator(".verdict")).to_have_text("dropped")
    expect(here.again()).to_have_text(re.compile("Proven here"))
    here.player.locator("label", has_text="break it:").locator("select").select_option("")
    expect(here.player.locator(".verdict")).to_have_text("delivered")
    here.proof.evaluate("proof => { proof.altered = 'missing-fdb'; }")
    expect(here.again()).to_have_text(re.compile("and the model differ in"))
    assert here.proof.locator("li", has_text="tables: fdb").count() == 1
    assert here.proof.get_by_role("link", name="packages, versions and sources").count() == 1
    here.proof.get_by_role("button", name="Let the kernel go").click()
    expect(here.proof).to_have_count(0)
    assert here.ended()
    assert here.noise == []


def test_a_reader_changes_the_cluster_and_sees_what_the_packet_does_then(address: str, opened: Open):
    here = Proof(opened, address)
    here.button.click()
    here.verdict()
    assert not any("xterm" in each for each in here.asked)
    here.proof.locator("select.where").select_option("kind-worker2")
    here.proof.get_by_role("button", name="Open a terminal").click()
    screen = here.proof.locator(".xterm-rows")
    expect(screen).to_contain_text("kind-worker2#", timeout=SLOW)
    here.page.keyboard.type("ip link set flannel.1 down; echo do''ne\n")
    expect(screen).to_contain_text("done", timeout=SLOW)
    here.page.keyboard.press("Shift+Tab")
    assert here.page.evaluate("document.activeElement.shadowRoot.activeElement.tagName") == "BUTTON"
    here.proof.get_by_role("button", name="Send the packet again").click()
    recorded = here.page.locator("walk-proof + packet-walk")
    expect(recorded.locator("h2")).to_contain_text("recorded", timeout=SLOW)
    expect(recorded.locator(".verdict")).not_to_have_text("delivered")
    assert here.noise == []


def test_it_can_be_cancelled_and_begun_again(address: str, opened: Open):
    here = Proof(opened, address)
    here.button.click()
    expect(here.proof.locator(".state")).to_have_text(re.compile("fetched|runs|builds"))
    here.proof.get_by_role("button", name="Cancel").click()
    expect(here.proof).to_have_count(0)
    assert here.ended()
    here.button.click()
    expect(here.proof.get_by_role("button", name="Cancel")).to_be_visible()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("delete globalThis.WebAssembly", "no WebAssembly"),
        ("Object.defineProperty(navigator, 'deviceMemory', { value: 1 })", "1 GB of memory"),
    ],
)
def test_a_browser_that_cannot_is_told_so_before_anything_is_fetched(
    address: str, opened: Open, script: str, words: str
):
    here = Proof(opened, address, lambda page: page.add_init_script(script))
    here.button.click()
    expect(here.verdict()).to_contain_text(words)
    assert [each for each in here.kernel() if not each.endswith("/prove.js")] == []


def test_a_walk_under_policies_is_not_proven_without_them(address: str, opened: Open):
    here = Proof(opened, address, at=("book/calico/policies.html", 3))
    here.button.click()
    expect(here.verdict()).to_contain_text("under policies")
    assert [each for each in here.kernel() if not each.endswith("/prove.js")] == []
