"""Print the sheets of the built book as PDF, by Chromium: `python book/pdf.py [SITE]`, into `pdf` beside the site and in it.

All are there, or none: they are written beside their place and then put there. Pages that name a PDF link to it from
then on, until a sheet changes.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parent / "_ext"))
from paper import link

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--font-render-hinting=none"]
FOOTER = (
    '<div style="width:100%;padding:0 14mm;font:7pt sans-serif;display:flex;justify-content:space-between">'
    '<span class="title"></span><span><span class="pageNumber"></span>/<span class="totalPages"></span></span></div>'
)


def browser() -> str:
    """Return the browser that prints; ends in one line where there is none."""
    found = next(filter(None, [os.environ.get("CHROMIUM"), *map(shutil.which, BROWSERS)]), None)
    if not found:
        sys.exit("make pdf: Chromium prints the sheets and is not here; install it, or name a browser of its kind in CHROMIUM")
    return found


def print_all(chromium: str, pages: list[Path], out: Path) -> None:
    """Print pages into a folder, each under its own name."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        except Error as error:
            sys.exit(f"make pdf: {chromium} does not start: {str(error).splitlines()[0]}")
        page = started.new_page()
        for path in pages:
            page.goto(path.as_uri())
            page.evaluate("document.fonts.ready")
            page.pdf(
                path=out / f"{path.stem}.pdf",
                prefer_css_page_size=True,
                print_background=True,
                display_header_footer=True,
                header_template="<span></span>",
                footer_template=FOOTER,
                tagged=True,
            )
        started.close()


def main(site: Path = SITE) -> None:
    pages = sorted((site / "print").glob("*.html"))
    if not pages:
        sys.exit(f"make pdf: no sheets in {site / 'print'}; valid: a built book, run `make build`")
    chromium, beside = browser(), site.parent / "pdf"
    with TemporaryDirectory(dir=site.parent, prefix=".pdf-") as made:
        print_all(chromium, pages, Path(made))
        for out in (beside, site / "pdf"):
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()
            for path in Path(made).iterdir():
                shutil.copyfile(path, out / path.name)
    link(site)
    print(f"{len(pages)} PDFs in {beside}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
