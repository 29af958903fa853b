"""The page of the playground as its tests use it: computed ahead until somebody edits, then by the same Python in the page."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from packetwalk.policy.playground import judged
from packetwalk.policy.recipes import recipe
from tests.browser.conftest import watch
from tests.missing import missing

PAGE = "book/calico/playground.html"
FIRST = recipe("one-peer")
OR = FIRST.manifests.replace("      podSelector: {matchLabels: {app: web}}", "    - podSelector: {matchLabels: {app: web}}")
POD = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: %s, namespace: shop}\nspec: {containers: []}\n"
PASTE = """(content, text) => { const data = new DataTransfer(); data.setData("text/plain", text);
    content.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true})); }"""


class Desk:
    """The page of the playground."""

    def __init__(self, page: Page, address: str, fragment: str = "") -> None:
        self.page, self.noise = page, watch(page)
        self.requests: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(f"{address}/{PAGE}{fragment}")
        self.tool = page.locator("walk-policy")
        expect(self.tool.get_by_role("button", name="Copy a link")).to_be_visible()
        if self.tool.get_attribute("data-python") is None:
            missing("the book was built without Python for the browser: npm ci --prefix player, then make build")

    def edit(self) -> Desk:
        if not self.content.count():
            self.tool.get_by_role("button", name="Edit").click()
        self.content.wait_for()
        return self

    def write(self, text: str) -> None:
        self.content.focus()
        self.page.keyboard.press("Control+A")
        self.content.evaluate(PASTE, text)

    @property
    def content(self) -> Locator:
        return self.tool.locator(".cm-content")

    def of_python(self) -> list[str]:
        """Return the names of what was asked for of the folder that only editing needs."""
        return [url.rpartition("/")[2] for url in self.requests if "/_static/playground/" in url]

    def cell(self, source: str, destination: str) -> Locator:
        return self.tool.locator(f'[data-pair="{source} to {destination}"]')

    def port(self, number: str) -> None:
        field = self.tool.get_by_role("spinbutton", name="Port")
        field.fill(number)
        field.press("Enter")

    def expect_matrix(self, text: str, protocol: str = "TCP", port: int = 5432, plugin: str = "calico") -> None:
        found = judged(text, protocol, port, plugin)
        head = f"{protocol} {port}: {found['allowed']} of {found['pairs']} pairs"
        expect(self.tool.locator(".told")).to_contain_text(head)
        names = [name for (name,) in found["lines"]]
        for source, row in zip(names, found["open"], strict=True):
            for destination, open_ in zip(names, row, strict=True):
                if source != destination:
                    expect(self.cell(source, destination)).to_have_class("allowed" if open_ == "1" else "denied")
