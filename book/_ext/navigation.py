"""Give every page its contents list, its part, its sections and its description."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

DESCRIPTION_LENGTH = 155  # characters; search engines cut longer ones


def page_entry(env: BuildEnvironment, docname: str) -> dict[str, Any]:
    """Describe one page and the pages under it for the contents list."""
    document = env.external_site_map.get(docname)  # type: ignore[attr-defined]
    below = [page_entry(env, name) for tree in (document.subtrees if document else []) for name in file_names(env, tree)]
    names = {name for entry in below for name in (entry["docname"], *entry["docnames"])}
    return {"docname": docname, "title": page_title(env, docname), "pages": below, "docnames": names}


def page_title(env: BuildEnvironment, docname: str) -> str:
    """Return the title that _toc.yml gives a page, else the page's own."""
    document = env.external_site_map.get(docname)  # type: ignore[attr-defined]
    return (document.title if document else None) or env.titles[docname].astext()


def file_names(env: BuildEnvironment, tree: Any) -> list[str]:
    """Return the document names of one list in _toc.yml, without their endings."""
    names = [str(PurePosixPath(item)) for item in tree.files()]
    return [name if name in env.titles else str(PurePosixPath(name).with_suffix("")) for name in names]


def parts(env: BuildEnvironment) -> list[dict[str, Any]]:
    """Return the parts of the book, each with its caption and its pages."""
    root = env.external_site_map.root  # type: ignore[attr-defined]
    return [
        {"caption": tree.caption, "pages": [page_entry(env, name) for name in file_names(env, tree)]}
        for tree in root.subtrees
    ]


def part_of(found: list[dict[str, Any]], pagename: str) -> str | None:
    """Return what a page belongs to: the chapter above it, else the caption of its part."""
    for part in found:
        for entry in part["pages"]:
            if pagename in entry["docnames"]:
                return entry["title"]
            if pagename == entry["docname"]:
                return part["caption"]
    return None


def sections(env: BuildEnvironment, pagename: str) -> list[dict[str, str]]:
    """Return the page's sections of the first level under its title."""
    toc = env.tocs.get(pagename)
    if toc is None or not toc.children or len(toc.children[0].children) < 2:
        return []
    found = []
    for item in toc.children[0].children[1].children:
        reference = next(iter(item.findall(nodes.reference)), None)
        if reference is not None and reference.get("anchorname"):
            found.append({"anchor": reference["anchorname"].lstrip("#"), "title": reference.astext()})
    return found


def description(doctree: nodes.document | None, fallback: str) -> str:
    """Return the first paragraph of a page as plain text, cut at a word."""
    if doctree is None:
        return fallback
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section):
            text = " ".join(paragraph.astext().split())
            return text if len(text) <= DESCRIPTION_LENGTH else text[:DESCRIPTION_LENGTH].rsplit(" ", 1)[0] + " …"
    return fallback


def add_context(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    env = app.builder.env
    found = parts(env)
    source = env.doc2path(pagename, base=False) if pagename in env.titles else ""
    notebook = str(source).endswith(".ipynb")
    context.update(
        parts=found,
        part=part_of(found, pagename),
        root_title=page_title(env, context["root_doc"]),
        page_sections=sections(env, pagename),
        notebook=f"_sources/{source}" if notebook else None,
    )
    context.setdefault("description", app.config.html_title)
    meta = (context.get("meta") or {}) if isinstance(context.get("meta"), dict) else {}
    html_meta = (meta.get("myst") or {}).get("html_meta", {}) if isinstance(meta.get("myst"), dict) else {}
    context["description"] = html_meta.get("description") or description(doctree, app.config.html_title)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", add_context, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
