"""The MTU calculator of a page: a form that a small script answers, and a table for everybody without it."""

from __future__ import annotations

import json
from html import escape
from typing import NamedTuple

from packetwalk.widgets.tools.sums import NARROWEST, WIDEST, Span, Sums, sums

USUAL = (1280, 1400, 1450, 1500, 9000)
"""IPv6's least, a tunnel on the way, an overlay below this one, Ethernet, jumbo frames."""
FIRST = 1500


class Drawn(NamedTuple):
    """How a header is drawn: in the colour of a layer, before the pod's packet or ``behind`` it."""

    layer: str
    behind: bool = False


PARTS = {
    "IPv4": Drawn("ip"),
    "UDP": Drawn("udp"),
    "VXLAN": Drawn("vxlan"),
    "inner Ethernet": Drawn("inner-eth"),
    "WireGuard": Drawn("wg"),
    "authentication tag": Drawn("wg", behind=True),
    "ESP": Drawn("esp"),
    "IV": Drawn("esp"),
    "ESP trailer": Drawn("esp", behind=True),
    "ICV": Drawn("esp", behind=True),
    "sender's name": Drawn("sleeve"),
    "nonce": Drawn("sleeve"),
    "tag": Drawn("sleeve"),
    "record": Drawn("sleeve"),
}
HEADS = ("Added", "Pod MTU", "Fits in one piece", "Largest ping", "TCP MSS")
STYLE = """
walk-mtu{display:block;margin:1.5rem 0;font:400 .95rem/1.5 var(--sans)}
walk-mtu:not(:defined)>:is(form,.result){display:none}
walk-mtu form{display:flex;flex-wrap:wrap;gap:.8rem 1.1rem;align-items:end;padding:1rem 1.1rem;border-radius:var(--radius);background:var(--panel)}
walk-mtu form label{display:grid;gap:.2rem;min-width:0;max-width:100%;font-weight:650}
walk-mtu :is(input,select,button){min-height:44px;box-sizing:border-box;max-width:100%;border:1px solid var(--soft);border-radius:8px;padding:0 .7em;background:var(--paper);color:inherit;font:400 1rem var(--sans)}
walk-mtu input{width:6.5em}walk-mtu select{width:100%;min-width:0}walk-mtu button{cursor:pointer}
walk-mtu .usual{display:flex;flex-wrap:wrap;gap:6px}
walk-mtu :focus-visible{outline:2px solid var(--accent);outline-offset:2px}
walk-mtu .told{margin:1rem 0 .6rem;font-size:1.05rem;max-width:none}
walk-mtu .frame{display:flex;flex-wrap:wrap;gap:2px;margin:.6rem 0}
walk-mtu .frame span{flex:1 0 auto;padding:.45em .5em;border-radius:4px;background:var(--solid);color:var(--over);font-size:.8rem;font-weight:600;text-align:center}
walk-mtu .frame .packet{flex-grow:9}
walk-mtu [hidden]{display:none!important}
walk-mtu dl{display:grid;grid-template-columns:minmax(8rem,max-content) minmax(0,1fr);gap:.35rem 1rem;max-width:none}
walk-mtu dd{margin:0;overflow-wrap:anywhere}
@media(max-width:40rem){walk-mtu dl{grid-template-columns:1fr}walk-mtu dd{margin-bottom:.5rem}}
@media print{walk-mtu>form{display:none}}
"""
FORM = f"""<form aria-label="MTU calculator">
<label>MTU of the underlay <input name="underlay" type="number" inputmode="numeric" min="{NARROWEST}" max="{WIDEST}" value="{FIRST}"></label>
<span class="usual" role="group" aria-label="Usual values">{{usual}}</span>
<label>Plugin <select name="plugin"></select></label>
<label>Between nodes <select name="sealed"><option value="">in clear</option><option value="1">encrypted</option></select></label>
<label>Mode <select name="mode"></select></label>
</form>
<section class="result" aria-label="What is left for pods">
<p class="told" role="status"></p>
<div class="frame" aria-hidden="true"></div>
<dl></dl>
</section>"""


class Calculator:
    """All modes over all underlays; ``repr`` and the table are those of an Ethernet's."""

    def to_json(self) -> dict:
        """Return what the script counts with."""
        return {"least": NARROWEST, "most": WIDEST, "modes": [_mode(each) for each in sums()]}

    def __repr__(self) -> str:
        rows = [("Mode", *HEADS), *((f"{each.plugin} {each.mode}", *map(str, _row(each))) for each in sums())]
        return f"Over an underlay of {FIRST} bytes\n" + "\n".join(
            f"{name:<28}"
            + "".join(f"{value:>{len(head) + 2}}" for head, value in zip(HEADS, values, strict=True))
            for name, *values in rows
        )

    def _repr_html_(self) -> str:
        data = json.dumps(self.to_json(), separators=(",", ":")).replace("<", "\\u003c")
        usual = "".join(f'<button type="button" value="{each}">{each}</button>' for each in USUAL)
        return (
            f"<style>{''.join(STYLE.splitlines())}</style>\n<walk-mtu>{FORM.format(usual=usual)}\n{_table()}\n"
            f'<script type="application/json">{data}</script></walk-mtu>'
        )


def _mode(each: Sums) -> dict:
    return {
        "plugin": each.plugin,
        "mode": each.mode,
        "key": each.key,
        "title": each.title,
        "sealed": each.encrypted,
        "far": each.far,
        "stretches": [_stretch(stretch) for stretch in each.stretches],
    }


def _stretch(stretch: Span) -> dict:
    over = [{"name": name, "bytes": size, **PARTS[name]._asdict()} for name, size in stretch.overhead]
    return {**stretch._asdict(), "overhead": over}


def _row(each: Sums) -> tuple[int, ...]:
    found = each.at(FIRST)
    return found["overhead_total"], found["pod_mtu"], found["fits"], found["largest_ping"], found["tcp_mss"]


def _table() -> str:
    heads = "".join(f'<th scope="col" class="text-right">{head}</th>' for head in HEADS)
    rows = "".join(
        f'<tr><th scope="row">{escape(f"{each.plugin} {each.mode}")}</th>'
        + "".join(f'<td class="text-right">{value}</td>' for value in _row(each))
        + "</tr>"
        for each in sums()
    )
    return (
        '<table class="dataframe numbers">'
        f'<caption>What each mode leaves over an underlay of <span class="underlay">{FIRST}</span> bytes</caption>'
        f'<thead><tr><th scope="col">Mode</th>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    )
