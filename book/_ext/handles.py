"""Words that drive the walk: {step}`its gateway <a/route>` and {header}`VXLAN <vxlan kind-worker/encap>`.

A step is named by its namespace, perhaps a device, and its event; it is the first of its kind in the walk that stands
above the words, or else below them. It is looked up when the page is built: one that the walk has not is an error.
"""

from __future__ import annotations

import json
import re
from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxRole

from packetwalk.widgets.pack import unpack

PLAYER = "<packet-walk"
DATA = re.compile(r'<script type="application/json" class="walk">(.*?)</script>', re.S)
NAMED = re.compile(r"(?P<words>.*?)\s*<(?P<what>[^>]+)>$", re.S)


class Handle(nodes.Inline, nodes.TextElement):
    """Words with the step that they lead to, and the header that they name."""


class HandleRole(SphinxRole):
    """One of the two roles; ``{header}`` names a layer and then a step."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        found = NAMED.match(self.text)
        if not found:
            raise ExtensionError(f"{self.env.docname}: {self.name} wants `words <step>`, not {self.text!r}")
        layer, step = found["what"].split() if self.name == "header" else ("", found["what"])
        return [Handle("", found["words"], layer=layer, step=step)], []


def find_step(walk: dict, name: str) -> int:
    """Return the index of the step that ``netns[/device]/event`` names; ValueError where there is none."""
    netns, *dev, event = name.split("/")
    steps = sorted(
        (step for trace in walk["traces"] for step in trace["steps"]), key=lambda step: step["seq"]
    )
    for index, step in enumerate(steps):
        if (step["netns"], step["event"]) == (netns, event) and (not dev or step["dev"] == dev[0]):
            return index
    raise ValueError(f"no step {name} in {walk['title']}")


def address(walk: dict) -> str:
    """Return what a link to the walk says."""
    of = walk["options"]
    flags = f"{of['size']}/{int(of['df'])}/{int(of['cold'])}/{of.get('fault') or 'none'}"
    return f"{walk['plugin']}/{walk['mode']}/{walk['scenario']}/{of['proto']}/{flags}"


class LeadToSteps(SphinxPostTransform):
    """Turn each handle into a link that puts a player of its page at its step."""

    default_priority = 195
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        walks: list[dict] = []
        waiting: list[Handle] = []
        for node in list(self.document.findall(lambda n: isinstance(n, Handle | nodes.raw))):
            if isinstance(node, nodes.raw):
                found = DATA.search(node.astext())
                if PLAYER in node.astext() and found:
                    page: Any = unpack(json.loads(found[1]))
                    walks.append(next(iter(page["walks"].values())))
            elif walks:
                self.lead(node, walks, len(walks))
            else:
                waiting.append(node)
        for node in waiting:
            self.lead(node, walks, 1)

    def lead(self, node: Handle, walks: list[dict], number: int) -> None:
        if not walks:
            raise ExtensionError(f"{self.env.docname}: no walk for the step {node['step']}")
        walk = walks[number - 1]
        try:
            index = find_step(walk, node["step"])
        except ValueError as error:
            raise ExtensionError(f"{self.env.docname}: {error}") from None
        layer = node["layer"]
        link = f"#walk={address(walk)}/{index}&el={number}" + (f"&header={layer}" if layer else "")
        kind = f"step layer {layer}" if layer else "step"
        html = f'<a class="{kind}" href="{escape(link)}">{escape(node.astext())}</a>'
        node.replace_self(nodes.raw("", html, format="html"))


def setup(app: Sphinx) -> dict[str, bool]:
    for name in ("step", "header"):
        app.add_role(name, HandleRole())
    app.add_post_transform(LeadToSteps)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
