"""The policy playground of a page: manifests, who may talk to whom, and why; all recipes computed when the page is made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from itertools import permutations
from pathlib import Path
from typing import Any

from packetwalk.cni import Plugin, plugins
from packetwalk.policy.playground import judged, told
from packetwalk.policy.plugins import enforcements
from packetwalk.policy.recipes import Recipe, recipe, recipes, shop
from packetwalk.walks.listing import ListingMemo
from packetwalk.walks.stepped.page import walked

FIRST = "one-peer"
GROUPS = {False: "Everybody needs", True: "Often misread"}
PROTOCOLS = ("TCP", "UDP", "SCTP", "ICMP")
WORDS = {"allow": "Allowed", "deny": "Denied"}
STYLES = ("desk", "playground")
FORM = """<form id="asked" aria-label="What is asked">
<label class="long">Recipe <select name="recipe"><option value="">your own</option>{recipes}</select></label>
<label>Enforced by <select name="plugin">{plugins}</select></label>
<label>Protocol <select name="protocol">{protocols}</select></label>
<label>Port <input name="port" type="number" inputmode="numeric" min="1" max="65535" value="{port}" aria-describedby="port-wrong"></label>
<p class="field" id="port-wrong" role="alert"></p>
</form>
<p class="shows">{shows}</p>
<p class="no-python" hidden>This copy of the book has no Python for the browser in it: the recipes can be read and compared, not edited.
To have it, build the book where Node and npm are.</p>"""
TEXT = """<section class="text" aria-label="Manifests">
<div class="bar"><button type="button" class="edit">Edit</button><button type="button" class="share">Copy a link</button>
<progress hidden aria-label="Loading"></progress><span class="state" role="status"></span></div>
<p class="said" role="status"></p>
<div class="place"><pre tabindex="0">{text}</pre></div>
<p class="wrong" role="alert"></p>
</section>"""
WHO = """<section class="who" aria-label="Who may talk to whom">
<p class="told" role="status">{told}</p>
{table}
<ul class="notes"></ul>
</section>"""
WHY = """<section class="why" aria-label="Why">
<div class="ends"><label>From <input form="asked" name="source" list="ends" value="{source}" autocomplete="off" spellcheck="false"></label>
<label>To <input form="asked" name="destination" list="ends" value="{destination}" autocomplete="off" spellcheck="false" aria-describedby="to-wrong"></label>
<p class="field" id="to-wrong" role="alert"></p>
<datalist id="ends"></datalist></div>
<p class="verdict {verdict}" role="status">{said}</p>
<ol class="way">{way}</ol>
</section>"""
WALK = """<section class="walk" aria-label="The packet's walk"><div class="bar"><button type="button" class="step" hidden>Step this packet</button>
<label>Mode <select form="asked" name="mode"></select></label><label>Rules <select form="asked" name="rules"></select></label>
<span class="stepping" role="status"></span></div></section>"""


class Playground:
    """All recipes under every plugin; ``repr`` and what is read without a script are those of the first."""

    def to_json(self) -> dict[str, Any]:
        """Return what the page shows before anybody edits."""
        ways = {each.name: _ways(plugins()[each.name]) for each in enforcements()}
        return {"shop": shop(), "plugins": ways, "recipes": [_computed(each) for each in recipes()]}

    def __repr__(self) -> str:
        found = _computed(recipe(FIRST))
        return "\n".join([found["title"], *_rows(found), *_way(found)])

    def _repr_html_(self) -> str:
        chosen, found = recipe(FIRST), _computed(recipe(FIRST))
        ends = {name: escape(found[name]) for name in ("source", "destination")}
        of = found["told"]["calico"]
        ends |= {
            "verdict": WORDS[of["verdict"]].lower(),
            "said": f"<b>{WORDS[of['verdict']]}</b>: {escape(of['asked'])}",
        }
        way = "".join(f"<li><p>{escape(line)}</p></li>" for line in _way(found)[1:])
        data = json.dumps(self.to_json(), separators=(",", ":")).replace("<", "\\u003c")
        parts = (
            FORM.format(
                recipes="".join(map(_group, GROUPS)),
                plugins=_options(sorted(each.name for each in enforcements())),
                protocols=_options(PROTOCOLS),
                port=chosen.asked.port,
                shows=escape(chosen.shows),
            ),
            TEXT.format(text=escape(chosen.manifests)),
            WHO.format(told=escape(_head(found)), table=_table(found)),
            WHY.format(way=way, **ends),
            WALK,
        )
        styles = (Path(__file__).with_name(f"{each}.css").read_text() for each in STYLES)
        style = "".join("".join(each.splitlines()) for each in styles)
        body = "\n".join(parts)
        return f'<style>{style}</style>\n<walk-policy>{body}\n<script type="application/json">{data}</script></walk-policy>'


def _ways(of: Plugin) -> dict[str, Any]:
    """Return in which modes, and by which form of rules, a plugin's packets are stepped; the usual ones first."""
    return {"modes": [mode.name for mode in of.modes], "rules": of.rules}


def _group(misread: bool) -> str:
    """Return the recipes of one kind, to choose from."""
    options = "".join(
        f'<option value="{each.name}"{" selected" * (each.name == FIRST)}>{escape(each.title)}</option>'
        for each in recipes()
        if each.misread == misread
    )
    return f'<optgroup label="{GROUPS[misread]}">{options}</optgroup>'


def _options(names: tuple[str, ...] | list[str]) -> str:
    return "".join(f"<option>{each}</option>" for each in names)


def _computed(each: Recipe) -> dict[str, Any]:
    """Return a recipe with what every plugin makes of it at its question."""
    asked = each.asked
    return {
        "name": each.name,
        "title": each.title,
        "shows": each.shows,
        "text": each.text,
        **asked._asdict(),
        "judged": {
            plugin.name: judged(each.manifests, asked.protocol, asked.port, plugin.name)
            for plugin in enforcements()
        },
        "told": {plugin.name: told(each.manifests, *asked, plugin.name) for plugin in enforcements()},
    }


def examples() -> dict[str, dict[str, dict[str, Any]]]:
    """Return, by recipe, plugin and ``FROM TO``, what is told of every two pods."""
    return {
        each.name: {
            plugin.name: {
                f"{source} {destination}": told(
                    each.manifests, source, destination, each.asked.protocol, each.asked.port, plugin.name
                )
                for (source,) in judged(each.manifests)["lines"]
                for (destination,) in judged(each.manifests)["lines"]
                if source != destination
            }
            for plugin in enforcements()
        }
        for each in recipes()
    }


def walks(plugin: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield, by recipe, what ``walked`` returns of every two pods and of its own question, by ``FROM TO``."""
    memo = ListingMemo()
    for each in recipes():
        asked, pods = each.asked, [pod for (pod,) in judged(each.manifests)["lines"]]
        pairs = dict.fromkeys([(asked.source, asked.destination), *permutations(pods, 2)])
        yield (
            each.name,
            {
                f"{source} {destination}": walked(
                    each.manifests, plugin, asked.protocol, asked.port, source, destination, memo=memo
                )
                for source, destination in pairs
            },
        )


def _head(found: dict[str, Any]) -> str:
    of = found["judged"]["calico"]
    return f"{found['protocol']} {found['port']}: {of['allowed']} of {of['pairs']} pairs of pods may talk."


def _rows(found: dict[str, Any]) -> list[str]:
    of = found["judged"]["calico"]
    names = [line[0] for line in of["lines"]]
    wide = max(map(len, names))
    return [_head(found)] + [
        f"{name:<{wide}}  "
        + " ".join(
            "=" if column == row else "+" if open_ == "1" else "."
            for column, open_ in enumerate(of["open"][row])
        )
        for row, name in enumerate(names)
    ]


def _way(found: dict[str, Any]) -> list[str]:
    of = found["told"]["calico"]
    return [f"{of['asked']}: {of['verdict']}"] + [
        f"{each['direction']} of {each['endpoint']}: {each['verdict']}. Decided by {each['says']}"
        for each in of["rulings"]
    ]


def _table(found: dict[str, Any]) -> str:
    of = found["judged"]["calico"]
    names = [_name(line[0]) for line in of["lines"]]
    heads = "".join(f'<th scope="col"><span>{name}</span></th>' for name in names)
    rows = "".join(
        f'<tr><th scope="row">{name}</th>'
        + "".join(_cell(column == row, open_ == "1") for column, open_ in enumerate(of["open"][row]))
        + "</tr>"
        for row, name in enumerate(names)
    )
    head = f"<thead><tr><td>from ↓ to →</td>{heads}</tr></thead>"
    return f'<table class="numbers">{head}<tbody>{rows}</tbody></table>'


def _name(pod: str) -> str:
    namespace, _, name = pod.partition("/")
    return f"<i>{escape(namespace)}/</i><wbr>{escape(name)}"


def _cell(itself: bool, allowed: bool) -> str:
    if itself:
        return "<td></td>"
    return '<td class="allowed">yes</td>' if allowed else '<td class="denied">no</td>'
