"""One link that opens a page's notebook on Binder: near the head of a lab, which says how to run it here too, else
at the foot. A lab is also done in the browser, if the book was built with it (`labs_in_page`).

The link is a link and nothing else: the page asks no other host for anything. The repository is `launch_repository`
in _config.yml; where GitHub Actions builds the book, it is the repository that is built. Without one: no link.
"""

from __future__ import annotations

import os
import re
from typing import Any
from urllib.parse import quote

from docutils import nodes
from labs_in_page import address as in_page
from sphinx.application import Sphinx

BINDER = "https://mybinder.org/v2"
PROVIDERS = {"https://github.com": "gh", "https://gitlab.com": "gl"}
BRANCH = "main"
LABS = "labs/"
COMMAND = "make labs"
ANYWHERE = ", on the model, with nothing to install (about 13 MB); network namespaces and kind need the command"
OPEN = "On this page all tasks are still open: what is printed only after an answer stands in the solution."


def repository(configured: str) -> str:
    """Return the address of the repository, empty when nobody has said which it is."""
    server, name = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_REPOSITORY")
    return configured.rstrip("/") or (f"{server}/{name}" if server and name else "")


def address(repository: str, docname: str) -> str:
    """Return where Binder opens the notebook of one page."""
    known = re.fullmatch(r"(https://[^/]+)/([^/]+)/([^/]+?)(?:\.git)?", repository)
    provider = PROVIDERS.get(known[1]) if known else None
    if known and provider:
        sign = "/" if provider == "gh" else "%2F"
        place = f"{provider}/{known[2]}{sign}{known[3]}"
    else:
        place = f"git/{quote(repository, safe='')}"
    return f"{BINDER}/{place}/{BRANCH}?urlpath=lab/tree/{quote(docname)}.ipynb"


def is_lab(docname: str) -> bool:
    """Say whether a page is a lab's, and not about labs."""
    return docname.startswith(LABS) and docname.count("/") > 1


def foot(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Give the page's frame the address of a notebook on Binder, where the page does not begin with it."""
    known = repository(app.config.launch_repository)
    if known and context.get("notebook") and not is_lab(pagename):
        context["binder"] = address(known, pagename)


def link(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Say below the first paragraph of a lab's page how it is done, and what the page shows."""
    title = next(doctree.findall(nodes.title), None)
    if title is None or not is_lab(docname):
        return
    line = nodes.paragraph(classes=["launch"])
    line += nodes.Text("Run it: ")
    line += nodes.literal("", f"{COMMAND} LAB={docname.split('/')[1]}")
    here = in_page(docname.split("/")[1]) if docname.endswith("/lab") else ""
    if here:
        line += nodes.Text(". Or ")
        line += nodes.reference("", "do it in this browser", refuri=here, internal=False)
        line += nodes.Text(ANYWHERE)
    known = repository(app.config.launch_repository)
    if known:
        line += nodes.Text(", or ")
        line += nodes.reference("", "open it on Binder", refuri=address(known, docname), internal=False)
        line += nodes.Text(", in the browser, on the model, with nothing to install")
    line += nodes.Text(f". {OPEN}" if docname.endswith("/lab") else ".")
    title.parent.insert(title.parent.index(title) + 2, line)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("launch_repository", "", "html", [str])
    app.connect("doctree-resolved", link)
    app.connect("html-page-context", foot, priority=900)  # after the frame's own (navigation)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
