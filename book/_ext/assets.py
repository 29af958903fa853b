"""Ship one style sheet and one script, named by their content, and drop what the theme brings.

The style sheet is sphinx-design's (only the rules whose classes occur on some page), the player's
(colours of the layers, room for a walk), and then the book's own from `book/_static/css` by name.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import tinycss2
from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]
OWN_STYLES = ROOT / "book" / "_static" / "css"
PLAYER_STYLE = ROOT / "packetwalk" / "widgets" / "static" / "page.css"
# Files of the theme and of extensions that no page of this book loads.
UNUSED = (
    "css", "images", "locales", "scripts", "styles", "vendor", "sphinx-thebe.js", "sphinx-thebe.css", "webpack-macros.html",
    "sbt-webpack-macros.html", "togglebutton.js", "togglebutton.css", "copybutton.js", "copybutton.css",
    "copybutton_funcs.js", "clipboard.min.js", "check-solid.svg", "copy-button.svg", "design-tabs.js", "pygments.css",
    "basic.css", "sphinx_highlight.js", "sphinx-design.min.css", "_sphinx_design_static", "__init__.py", "__pycache__",
)  # fmt: skip
CLASS_IN_SELECTOR = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
CLASS_ATTRIBUTE = re.compile(r'class="([^"]*)"')


def classes_on(pages: list[Path]) -> set[str]:
    """Return every class name that occurs on the pages."""
    return {name for page in pages for found in CLASS_ATTRIBUTE.findall(page.read_text()) for name in found.split()}


def purge(css: str, used: set[str]) -> str:
    """Return the rules whose selectors need no class that is on no page."""
    kept: list[str] = []
    for rule in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        if rule.type == "qualified-rule":
            selectors = tinycss2.serialize(rule.prelude).split(",")
            alive = [s for s in selectors if set(CLASS_IN_SELECTOR.findall(s)) <= used]
            if alive:
                kept.append(",".join(s.strip() for s in alive) + "{" + tinycss2.serialize(rule.content) + "}")
        elif rule.type == "at-rule" and rule.content and rule.lower_at_keyword == "media":
            inner = purge(tinycss2.serialize(rule.content), used)
            if inner:
                kept.append(f"@media{tinycss2.serialize(rule.prelude)}{{{inner}}}")
        elif rule.type != "error":
            kept.append(rule.serialize())
    return "".join(kept)


def compact(css: str) -> str:
    """Return CSS without comments and without white space that means nothing."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    css = re.sub(r"\s+", " ", css)
    return re.sub(r" ?([{};,]) ?", r"\1", css).replace(";}", "}").strip()


def name_by_content(static: Path, stem: str, ending: str, text: str) -> str:
    """Write a file under a name that changes with its content, and return the name."""
    for old in static.glob(f"{stem}.*{ending}"):
        old.unlink()
    name = f"{stem}.{hashlib.sha256(text.encode()).hexdigest()[:8]}{ending}"
    (static / name).write_text(text)
    return name


def finish(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.name != "html":
        return
    out = Path(app.outdir)
    static = out / "_static"
    pages = sorted(p for p in out.rglob("*.html") if static not in p.parents)
    design = next(iter(static.glob("**/sphinx-design.min.css")), None)
    kept = purge(design.read_text(), classes_on(pages)) if design else ""
    own = "".join(path.read_text() for path in (PLAYER_STYLE, *sorted(OWN_STYLES.glob("*.css"))))
    style = name_by_content(static, "book", ".css", compact(kept + own))
    shell = (OWN_STYLES.parent / "shell.js").read_text()
    script = name_by_content(static, "shell", ".js", shell)
    for page in pages:
        text = page.read_text()
        named = re.sub(r"_static/book(\.[0-9a-f]{8})?\.css", f"_static/{style}", text)
        named = re.sub(r"_static/shell(\.[0-9a-f]{8})?\.js", f"_static/{script}", named)
        if named != text:
            page.write_text(named)
    for name in (*UNUSED, "shell.js"):
        path = static / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    write_front_page(out, app.config.root_doc)


def write_front_page(out: Path, root_doc: str) -> None:
    """Write the book's first page once more as index.html, its links seen from the top.

    A redirect would cost the reader a round trip before the first walk.
    """
    if "/" not in root_doc:
        return
    folder = root_doc.rpartition("/")[0]
    text = (out / f"{root_doc}.html").read_text()

    def from_top(found: re.Match[str]) -> str:
        name, target = found[1], found[2]
        if re.match(r"[a-z]+:|[#?]|//|$", target):
            return found[0]
        steps = folder.split("/")
        while target.startswith("../"):
            target = target[3:]
            steps.pop()
        return f'{name}="{"/".join([*steps, target])}"'

    text = re.sub(r'\b(href|src|action|data-root)="([^"]*)"', from_top, text)
    text = text.replace('data-content_root="../"', 'data-content_root="./"', 1)
    (out / "index.html").write_text(text)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
