"""What is printed: the frame of a sheet, and a walk on paper, in black and white, every number of it from the walk."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

PLACE = '<span hidden data-pdf="{0}"></span>'
"""What a page about teaching keeps free for a PDF."""
LINK = ' <a href="../../pdf/{0}">PDF</a>'

DECIDES = ("route", "neigh", "fdb", "policy", "nat", "encap", "decap", "fragment", "drop")
"""Events that stand on paper; of netfilter's hooks those where a rule matched."""
NAMES = {"eth": "Ethernet", "ip": "IP", "icmp": "ICMP", "udp": "UDP", "tcp": "TCP", "vxlan": "VXLAN", "data": "data"}
STYLE = """
@page{size:A4;margin:14mm 14mm 16mm}
*{box-sizing:border-box}
body{margin:0 auto;max-width:182mm;color:#000;background:#fff;font:10pt/1.38 Literata,Georgia,"DejaVu Serif",serif}
h1{font:700 17pt/1.2 Figtree,"Liberation Sans",sans-serif;margin:0 0 2mm}
h2{font:700 12pt/1.25 Figtree,"Liberation Sans",sans-serif;margin:5mm 0 1.5mm;break-after:avoid}
h3{font:700 10.5pt/1.3 Figtree,"Liberation Sans",sans-serif;margin:3.5mm 0 1.5mm;break-after:avoid}
h4{float:left;font:700 10pt/1.38 Figtree,"Liberation Sans",sans-serif;margin:0 2mm 0 0}
.part+.part{break-before:page}
.where{font:italic 9pt/1.5 Literata,Georgia,serif}.known{font-size:8.6pt;border:.2mm solid #000;padding:1mm 2mm}
p,ul,ol{margin:0 0 1.5mm}ul,ol{padding-left:6mm}
code,pre,td.line{font-family:"JetBrains Mono","DejaVu Sans Mono",monospace;font-size:7.6pt;overflow-wrap:anywhere}
pre{white-space:pre-wrap;border:.3mm solid #000;padding:1.5mm 2mm;margin:0 0 2mm}
.who{display:flex;gap:8mm;margin:0 0 4mm;font:9pt Figtree,"Liberation Sans",sans-serif}
.who span{flex:1;border-bottom:.2mm solid #000;padding-bottom:5mm}
.box{break-inside:avoid;margin:0 0 4mm}
ul.tick{list-style:none;padding-left:2mm}ul.tick li::before{content:"\\2610  "}
ul.two{columns:2;column-gap:10mm}
ul.order{list-style:none;padding-left:2mm}ul.order li::before{content:"____  "}
.blank{display:inline-block;min-width:30mm;border-bottom:.2mm solid #000}
table{border-collapse:collapse;width:100%;font-size:8.4pt;line-height:1.25}
th{font:700 8pt Figtree,"Liberation Sans",sans-serif;text-align:left}
th,td{border-bottom:.15mm solid #000;padding:.7mm 1.5mm .7mm 0;vertical-align:top}
thead{display:table-header-group}tr{break-inside:avoid}
td.n{text-align:right;white-space:nowrap}
.layers{display:flex;border:.4mm solid #000;border-top:0;margin:1mm 0 2mm;font:8pt/1.2 Figtree,"Liberation Sans",sans-serif;text-align:center}
.layers span{flex:1;border-right:.4mm solid #000;padding:1mm .5mm}
.layers span:last-child{border-right:0}.layers b{display:block}
.layers .outer{border-top:1.4mm solid #000;padding-top:.4mm}.layers .own{border-top:.4mm solid #000;padding-top:1.4mm}
.foot{font:8pt Figtree,"Liberation Sans",sans-serif;margin-top:4mm;border-top:.2mm solid #000;padding-top:1mm}
@media screen{body{padding:10mm 4mm}}
"""
FONTS = "".join(
    f'@font-face{{font-family:"{family}";src:url(../_static/fonts/{name}.woff2) format("woff2");font-weight:{weight}}}'
    for family, name, weight in (
        ("Literata", "literata", "400 700"),
        ("Figtree", "figtree", "400 800"),
        ("JetBrains Mono", "jetbrains-mono", "400"),
    )
)


def sheet(title: str, body: str, foot: str = "") -> str:
    """Return a page for paper; it reads as well on a screen, and asks no other host for anything."""
    told = f'<p class="foot">{foot}</p>' if foot else ""
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · Packet Walk</title><link rel="icon" type="image/svg+xml" href="../_static/favicon.svg">
<style>{FONTS}{STYLE}</style></head><body><main><h1>{escape(title)}</h1>{body}{told}</main></body></html>
"""


def deciding(walk: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the steps of a walk's first packet that stand on paper."""
    for step in walk["traces"][0]["steps"]:
        rule = step["event"] == "hook" and (step["entry"] or {}).get("line", "").startswith("-A")
        if step["event"] in DECIDES or rule:
            yield step


def way(walk: dict[str, Any]) -> str:
    """Return the way of a walk's first packet as a table: where, what decided, who wrote it, how large it is then."""
    rows = []
    for step in deciding(walk):
        entry = step["entry"] or {}
        place = step["netns"] + (f", {step['dev']}" if step["dev"] else "")
        line = f"<br><code>{escape(entry['line'])}</code>" if entry else ""
        size = sum(header["size"] for header in step["after"] or step["before"])
        rows.append(
            f"<tr><td class=n>{step['seq'] + 1}</td><td>{escape(place)}</td><td>{escape(step['why'])}{line}</td>"
            f"<td>{escape(entry.get('by', ''))}</td><td class=n>{size}</td></tr>"
        )
    head = "<tr><th>Step</th><th>Where</th><th>What decides</th><th>Written by</th><th>Bytes</th></tr>"
    return f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"


def on_the_wire(walk: dict[str, Any]) -> tuple[list[dict[str, Any]], int]:
    """Return the headers of the first packet where it is largest, outermost first, and how many the pod did not send."""
    steps = walk["traces"][0]["steps"]
    widest = max((step["after"] for step in steps), key=lambda stack: sum(each["size"] for each in stack))
    sent = max((step["after"] for step in steps if step["netns"] == steps[0]["netns"]), key=len)
    return widest, max(0, len(widest) - len(sent))


def layers(walk: dict[str, Any]) -> str:
    """Return the headers on the wire in a row, with their sizes; under a thick line what the pod did not send."""
    stack, added = on_the_wire(walk)
    spans = []
    for at, each in enumerate(stack):
        inner = "inner " if any(other["proto"] == each["proto"] for other in stack[:at]) else ""
        name = f"{inner}{NAMES.get(each['proto'], each['proto'])}"
        spans.append(f'<span class="{"outer" if at < added else "own"}"><b>{escape(name)}</b>{each["size"]}</span>')
    total = sum(each["size"] for each in stack)
    return f'<div class="layers">{"".join(spans)}</div><p>Together {total} bytes on the wire.</p>'


def link(site: Path) -> None:
    """Let the pages about teaching lead to the PDFs that are there (`book/pdf.py` makes them)."""
    names = [path.name for path in (site / "pdf").glob("*.pdf")]
    for page in (site / "book" / "teach").glob("*.html"):
        text = page.read_text()
        for name in names:
            text = text.replace(PLACE.format(name), LINK.format(name))
        page.write_text(text)
