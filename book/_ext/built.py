"""Pages of the built book, read again: slides and sheets are made of what they show, and of nothing else."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup

from packetwalk import walk, wire
from packetwalk.cni import plugins
from packetwalk.widgets.pack import pack, unpack

CHAPTERS = {"linux": "The Linux pieces", "flannel": "Flannel", "calico": "Calico", "weave": "Weave Net"}
"""The folders of the book that are chapters, and their titles."""
FLAT = ("a", "span")
"""Tags that lead somewhere or colour a word: on paper and on a slide their text is enough."""
SENTENCE = re.compile(r"(.+?[.?!])(?=\s+[A-Z]|\s*$)", re.S)
CITED = re.compile(
    r"\s\((?:[^()]|\(\d\))*?(?:[\w-]+/[\w./-]*\.(?:c|h|go|py|sh|md|rst|txt|ya?ml)\b|[a-z_.-]+\(\d\))(?:[^()]|\(\d\))*\)"
)
"""Sources in parentheses: a file with its folder, a manual page."""
NUMBERED = re.compile(r"^(\d+)\. ")
SEEN = ("egress", "ingress", "deliver")
"""Events of which the packet itself is what was seen; of others the line that decided."""


class NotThere(LookupError):
    """A page has not what was asked for; the message says what it has."""


@dataclass(frozen=True)
class Part:
    """One thing that a box asks, and its answer, as HTML; ``also`` are answers that are as right."""

    label: str
    kind: str
    heading: str
    options: tuple[str, ...]
    unit: str
    answer: str
    proof: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """A box that asks: its number on the page, whether before the walk, below which heading, its words as HTML, its parts."""

    number: int
    predicts: bool
    section: str
    words: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Page:
    """One page, by its address on the site without an ending; its tags are BeautifulSoup's, of a form that the book knows."""

    name: str
    soup: Any

    @property
    def title(self) -> str:
        return _text(self.soup.h1)

    @property
    def players(self) -> list[Any]:
        return self.soup.select("article packet-walk")

    @property
    def steps(self) -> dict[int, str]:
        """The numbered headings of a lab, by their number."""
        titles = [_text(each) for each in self.soup.select("article h2")]
        return {int(found[1]): title for title in titles if (found := NUMBERED.match(title))}

    def player(self, number: int) -> Any:
        """Return a player by its place on the page, counted from 1; NotThere."""
        if not 1 <= number <= len(self.players):
            raise NotThere(f"{self.name} has {len(self.players)} walks, not a walk {number}")
        return self.players[number - 1]

    def walk(self, number: int) -> dict[str, Any]:
        """Return what a player carries, unpacked."""
        common = self.soup.select_one("script.walks")
        data = json.loads(self.player(number).select_one("script.walk").string)
        walk: Any = unpack(data, json.loads(common.string) if common and "shared" in data else None)
        return walk

    def heading(self, number: int) -> tuple[str, str]:
        """Return the heading above a player and its anchor; at the top of a page its title, and none."""
        section = self.player(number).find_parent("section")
        title = section.find(["h1", "h2", "h3"])
        return _text(title), "" if title.name == "h1" else section.get("id", "")

    def sentence(self, number: int) -> str:
        """Return the first sentence of the paragraph that leads to a player, else that follows it, as HTML."""
        section = self.player(number).find_parent("section")
        before = [p for p in self.player(number).find_all_previous("p") if p.parent is section]
        lead = next(iter(before), None) or section.find("p", recursive=False)
        if lead is None:
            raise NotThere(f"{self.name} says nothing beside walk {number}: give the slide its own `say`")
        return first_sentence(plain(lead))

    def asked(self) -> list[Asked]:
        """Return every box of the page that asks."""
        boxes = [box for box in self.soup.select("article .admonition[id^=ask-]") if box.find("walk-ask")]
        return [_asked(box) for box in boxes]

    def box(self, number: int) -> Asked:
        """Return the box ``ask-NUMBER``; NotThere."""
        boxes = {each.number: each for each in self.asked()}
        if number not in boxes:
            raise NotThere(f"{self.name} asks in boxes {', '.join(map(str, boxes)) or 'none'}, not in {number}")
        return boxes[number]


@cache
def page(site: Path, name: str) -> Page:
    """Read a page of the built book; NotThere."""
    path = site / f"{name}.html"
    if not path.is_file():
        raise NotThere(f"{name} is no page of the book")
    return Page(name, BeautifulSoup(path.read_text(), "html.parser"))


def player_html(tag: Any, walk: dict[str, Any]) -> str:
    """Return a player that stands alone: with its own walk, without choices, links and words for print."""
    kept = {name: value for name, value in tag.attrs.items() if name not in ("data-root", "veiled", "style", "id")}
    attributes = "".join(f' {name}="{escape(str(value))}"' for name, value in kept.items() if isinstance(value, str))
    data = json.dumps(pack(walk), separators=(",", ":")).replace("<", "\\u003c")
    return f'<packet-walk unlinked{attributes}><script type="application/json" class="walk">{data}</script></packet-walk>'


def said(html: str) -> str:
    """Return a text for a room: without the files and manual pages that a page cites in parentheses."""
    return CITED.sub("", html)


def plain(tag: Any) -> str:
    """Return what stands in a tag as HTML, without links and colours."""
    copy = BeautifulSoup(tag.decode_contents(), "html.parser")
    for each in copy.find_all(FLAT):
        each.unwrap()
    return " ".join(copy.decode_contents().split())


def first_sentence(html: str) -> str:
    found = SENTENCE.match(html)
    whole = found[1] if found else html
    return whole if whole.count("<") == html.count("<") or _closed(whole) else html


def _closed(html: str) -> bool:
    return len(re.findall(r"<\w", html)) == html.count("</")


def _text(tag: Any) -> str:
    copy = BeautifulSoup(str(tag), "html.parser")
    for link in copy.select(".headerlink"):
        link.decompose()
    return " ".join(copy.get_text().split())


def _asked(box: Any) -> Asked:
    own = [child for child in box.find_all(recursive=False) if child.name in ("p", "ul", "ol", "div", "pre")]
    words = [
        f"<{each.name}>{plain(each)}</{each.name}>"
        for each in own
        if "admonition-title" not in each.get("class", []) and not each.find("walk-ask")
    ]
    data = json.loads(box.find("walk-ask").script.string)
    heading = box.find_parent("section").find(["h1", "h2", "h3"])
    section = "" if heading.name == "h1" else _text(heading)
    number = int(box["id"].removeprefix("ask-"))
    return Asked(number, "predict" in box["class"], section, "".join(words), tuple(map(part, data)))


def part(data: dict[str, Any]) -> Part:
    options = tuple(data.get("options", ()))
    right, unit = data["right"], data.get("unit", "")
    if isinstance(right, int):
        answer = f"{right} {unit}".strip()
    else:
        answer = (" → " if data["kind"] == "order" else "; ").join(options[at] for at in right)
    also = tuple(options[at] for at in data.get("also", ()))
    heading = data.get("heading", "")
    return Part(data["label"], data["kind"], heading, options, unit, escape(answer), _proof(data), also)


def _proof(data: dict[str, Any]) -> str:
    """Return what shows that the answer is right: each step of an order, else one for each different one.

    That is the part's own step, else those of the true options, else, of what is false, the step that refutes it.
    """
    steps: list[dict[str, Any]] = data.get("steps", [])
    right, refutes = data["right"], data.get("refutes") or []
    if data["kind"] == "order":
        shown = [refutes[at] for at in right]
    elif data.get("shows") is not None or not refutes or isinstance(right, int):
        shown = [data.get("shows")]
    else:
        shown = [refutes[at] for at in right]
    found = [steps[at] for at in dict.fromkeys(shown) if at is not None]
    if found:
        return " ".join(map(_step, found))
    false = next((at for at, each in enumerate(refutes) if each is not None), None)
    return "" if false is None else f"Not “{escape(data['options'][false])}”: {_step(steps[refutes[false]])}"


def _step(step: dict[str, Any]) -> str:
    """Return where a step is, why, the packet as it is then, where that is what was seen, and the line that decided."""
    line = f" <code>{escape(step['line'])}</code>" if step.get("line") else ""
    packet = _packet(step)
    return f"{escape(step['where'])}: {escape(step['why'])}{f' <em>{escape(packet)}</em>' if packet else ''}{line}"


def _packet(step: dict[str, Any]) -> str:
    """Return a packet in words where it passes a device or arrives: its headers outermost first; else nothing."""
    plugin, _, rest = step.get("walk", "").partition("/")
    if plugin not in plugins():
        return ""
    mode, scenario, proto, size, df, cold, fault = rest.split("/")
    sent = walk(
        plugin,
        mode,
        scenario,
        proto=proto,
        size=int(size),
        df=df == "1",
        cold=cold == "1",
        fault=None if fault == "none" else fault,
    )
    seen = sent.steps[step["at"]]
    if seen.event not in SEEN:
        return ""
    headers: list[dict[str, Any]] = wire.describe(seen.after or seen.before)
    words = ", ".join(filter(None, map(_header, headers)))
    return f"{words}: {sum(each['size'] for each in headers)} bytes."


def _header(header: dict[str, Any]) -> str:
    """Return what people name of a header."""
    says = {
        "eth": "Ethernet {eth.src} > {eth.dst}",
        "ip": "IP {ip.src} > {ip.dst} TTL {ip.ttl}",
        "udp": "UDP {udp.srcport} > {udp.dstport}",
        "tcp": "TCP {tcp.srcport} > {tcp.dstport}",
        "vxlan": "VXLAN {vxlan.vni}",
    }
    proto = header["proto"]
    if proto == "data":
        return ""
    return re.sub(r"{([^}]+)}", lambda name: str(header[name[1]]), says.get(proto, proto.upper()))
