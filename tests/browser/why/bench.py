"""The page that asks a recording, as its tests use it: files are given, questions asked, answers read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from packetwalk.why import Diagnosis
from tests.browser.conftest import watch
from tests.missing import missing

PAGE = "book/why.html"


class Bench:
    """The page, and what it asks the network for."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.noise = page, watch(page)
        self.requests: list[tuple[str, str]] = []
        page.on("request", lambda request: self.requests.append((request.method, request.url)))
        page.goto(f"{address}/{PAGE}")
        self.tool = page.locator("walk-why")
        expect(self.tool.get_by_role("button", name="Choose files")).to_be_visible()
        if self.tool.get_attribute("data-python") is None:
            missing("the book was built without Python for the browser: npm ci --prefix player, then make build")

    @property
    def wrong(self) -> Locator:
        return self.tool.locator(".source .wrong")

    @property
    def held(self) -> Locator:
        return self.tool.locator(".held")

    def of_python(self) -> list[str]:
        return [url.rpartition("/")[2] for _, url in self.requests if "/_static/playground/" in url]

    def example(self) -> Bench:
        self.held.evaluate("held => { held.textContent = ''; }")
        self.tool.get_by_role("button", name="Try a broken cluster").click()
        expect(self.held).to_contain_text("recording of flannel vxlan")
        return self

    def give(self, files: Mapping[str, bytes]) -> None:
        self.tool.locator("input[multiple]").set_input_files(
            [{"name": name, "mimeType": "application/octet-stream", "buffer": content} for name, content in files.items()]
        )

    def give_folder(self, folder: Path) -> None:
        self.tool.locator("input[webkitdirectory]").set_input_files(folder)

    def drop(self, *paths: Path) -> None:
        """Drop files or folders, as somebody does by a mouse."""
        box = self.tool.locator(".source").bounding_box()
        assert box is not None
        data: dict[str, Any] = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        session = self.page.context.new_cdp_session(self.page)
        for kind in ("dragEnter", "dragOver", "drop"):
            session.send("Input.dispatchDragEvent", {"type": kind, "x": box["x"] + 20, "y": box["y"] + 20, "data": data})
        session.detach()

    def ask(self, src: str, dst: str, *, proto: str = "", size: str = "", df: bool = False) -> None:
        form = self.tool.locator("form")
        form.get_by_label("From").fill(src)
        form.get_by_label("To, with").fill(dst)
        form.get_by_label("Protocol").select_option(proto)
        form.get_by_label("Bytes").fill(size)
        form.get_by_label("Do not fragment").set_checked(df)
        form.get_by_role("button", name="Ask", exact=True).click()

    def cell(self, src: str, dst: str) -> Locator:
        return self.tool.locator(f'[data-pair="{src} to {dst}"]')

    def expect_answer(self, said: Diagnosis) -> None:
        """Expect all lines of the answer, each whole, and every command of the change."""
        head, *lines = [text for _, text in said.told]
        names = [name for name, _ in said.told][1:]
        verdict = f"{said.verdict[0].upper()}{said.verdict[1:]}: {head.removesuffix(f': {said.verdict}')}"
        expect(self.tool.locator("p.verdict")).to_have_text(verdict)
        expect(self.tool.locator("dd")).to_have_count(len(lines))
        shown = self.tool.locator("dd").all_inner_texts()
        assert len(shown) == len(lines) >= 3
        for name, line, text in zip(names, lines, shown, strict=True):
            if name == "mend" and said.mend:
                assert said.mend.script in text and said.mend.reason in text and said.mend.then in text
            else:
                assert text == line
