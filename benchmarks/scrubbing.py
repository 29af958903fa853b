"""What a timeline costs a reader's browser while its slider is drawn: of the built book, the processor slowed four times.

``python -m benchmarks.scrubbing`` after ``make build``; needs a Chromium, as tests/browser.  Frames depend on what else
the machine does; the time of the page's main thread, by the browser's own clock, less so.
"""

from __future__ import annotations

import shutil

from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.book.site import SITE, served
from tests.browser.conftest import BROWSERS, FLAGS

PAGE = "book/calico/non-overlay.html"
SLOWER = 4
STEPS = 240
WIDTHS = (1280, 360)  # px
WAIT = 60_000  # ms
SCRUB = """steps => new Promise(done => {
  const range = document.querySelector("packetwalk-timeline").renderRoot.querySelector("input[type=range]");
  const times = [];
  const step = now => {
    times.push(now);
    if (times.length > steps) return done(times.slice(1).map((t, k) => t - times[k]));
    range.value = String(Number(range.max) * (1 - Math.abs(1 - 2 * times.length / steps)));
    range.dispatchEvent(new Event("input", { bubbles: true }));
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})"""
"""One step a frame, from the begin to the end and back; the result is how long each frame took."""


def busy(cdp: CDPSession, what: str) -> float:
    """Return for how many milliseconds the page's main thread has worked, by the browser's name for the work."""
    metrics = cdp.send("Performance.getMetrics")["metrics"]
    return 1000 * next(each["value"] for each in metrics if each["name"] == what)


def scrub(page: Page) -> tuple[list[float], dict[str, float]]:
    """Draw the slider over all, and return the frames' milliseconds, sorted, and those of work for each step."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
    cdp.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    kinds = ("TaskDuration", "ScriptDuration", "LayoutDuration", "RecalcStyleDuration")
    before = {each: busy(cdp, each) for each in kinds}
    frames = page.evaluate(SCRUB, STEPS)
    return sorted(frames), {each: (busy(cdp, each) - before[each]) / STEPS for each in kinds}


def main() -> None:
    """Print frames a second, the slowest of twenty, and the main thread's work for each step."""
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    print(f"A timeline scrubbed, {PAGE}, the processor slowed {SLOWER} times")
    with served(SITE) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for width in WIDTHS:
            page = browser.new_page(viewport={"width": width, "height": 900})
            page.set_default_timeout(WAIT)
            page.goto(f"{address}/{PAGE}#moment=0&el=bird-killed")
            page.locator("packetwalk-timeline .scrub").wait_for()
            frames, work = scrub(page)
            rate, late = 1000 * len(frames) / sum(frames), frames[len(frames) * 95 // 100]
            parts = ", ".join(f"{name.removesuffix('Duration')} {each:.2f}" for name, each in work.items())
            print(f"  {width:>5} px: {rate:.1f} frames a second, p95 {late:.1f} ms; ms a step: {parts}")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
