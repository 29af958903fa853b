"""The line that decides is seen whole at every step: its end is the verdict."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Open

# Of each walk of the page: the steps whose line is cut at the side, or wider than the list it stands in.
CUT = """async () => {
    const found = [];
    for (const [index, walk] of [...document.querySelectorAll("packet-walk")].entries()) {
        walk.scrollIntoView();
        while (!walk.line) await new Promise(requestAnimationFrame);
        for (let step = 0; step < walk.line.moments.length; step += 1) {
            walk.step = step;
            await walk.updateComplete;
            const hit = walk.shadowRoot.querySelector(".table .hit");
            const list = walk.shadowRoot.querySelector(".table");
            if (hit && (hit.scrollWidth > hit.clientWidth || hit.offsetWidth > list.clientWidth))
                found.push(`walk ${index}, step ${step + 1}: ${hit.textContent}`);
        }
    }
    return found;
}"""


@pytest.mark.parametrize("width", [390, 1280])
def test_no_deciding_line_is_cut(address: str, opened: Open, width: int) -> None:
    page = opened(width, reduced_motion="reduce").new_page()
    page.goto(f"{address}/book/flannel/services-and-nat.html")
    page.locator("packet-walk .controls").first.wait_for()
    assert page.evaluate(CUT) == []
