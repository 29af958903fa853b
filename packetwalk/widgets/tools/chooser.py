"""Which one? Questions whose answers judge every mode, from a file of rules and from what walks show."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import NamedTuple

import yaml

from packetwalk.cni import plugins
from packetwalk.errors import BadInput
from packetwalk.walks.scenario import walk
from packetwalk.widgets.tools.traits import TRAITS, traits, wire_of

VERDICTS = {"no": "rules out", "if": "on a condition", "plus": "speaks for"}
PARTS = {"of", "has", "lacks", "is", "why", "see"}
STYLE = """
walk-choose{display:block;margin:1.5rem 0;font:400 .95rem/1.5 var(--sans)}
walk-choose:not(:defined)>:is(form,.result){display:none}
walk-choose form{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr));gap:.8rem}
walk-choose fieldset{min-width:0;margin:0}
walk-choose label{display:flex;gap:.6em;align-items:baseline;min-height:44px;padding:.5rem 0;box-sizing:border-box;cursor:pointer}
walk-choose input{flex:none;width:1.05em;height:1.05em;margin:0;accent-color:var(--accent);position:relative;top:.12em}
walk-choose .result{margin-top:1.2rem;padding:.2rem 1.2rem .6rem;border-radius:var(--radius);background:var(--panel);box-shadow:inset 4px 0 var(--accent)}
walk-choose .told{margin:.8rem 0 .5rem;font-size:1.1rem;max-width:none}
walk-choose .result :is(ul,p){max-width:none}
walk-choose .result li[data-sign]::marker{content:attr(data-sign) "  "}
walk-choose h3{margin:1.2rem 0 .3rem;font-size:1rem}
walk-choose summary{min-height:44px;padding:.6rem 0;box-sizing:border-box;cursor:pointer;font-weight:650}
walk-choose :focus-visible{outline:2px solid var(--accent);outline-offset:2px}
@media print{walk-choose>:is(form,.result){display:none}walk-choose>details>*{display:block}}
"""


class Reason(NamedTuple):
    """What an answer says of the modes that the rule fits."""

    of: tuple[str, ...]
    has: frozenset[str]
    lacks: frozenset[str]
    verdict: str
    why: str
    see: str

    def fits(self, plugin: str, mode: str) -> bool:
        """Say whether the rule is about a mode."""
        own = traits(plugin, mode)
        named = not self.of or plugin in self.of or f"{plugin}/{mode}" in self.of
        return named and self.has <= own and not self.lacks & own


class Offered(NamedTuple):
    """One answer to a question: ``rules`` in their order, the first that fits a mode counts."""

    id: str
    say: str
    rules: tuple[Reason, ...]

    def judge(self, plugin: str, mode: str) -> Reason | None:
        """Return what speaks for or against a mode, if anything does."""
        return next((rule for rule in self.rules if rule.fits(plugin, mode)), None)


class Inquiry(NamedTuple):
    """A question and its answers; the first stands as long as none is given."""

    id: str
    ask: str
    answers: tuple[Offered, ...]


class WhichOne:
    """The questions of a file; ``repr`` lists the reasons, a page asks."""

    def __init__(self, path: Path | str) -> None:
        """Raise BadInput for a rule that names a mode, a trait or a verdict that there is not."""
        data = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        self.modes = tuple((found.name, mode.name) for found in plugins().values() for mode in found.modes)
        self.prefer = tuple(data["prefer"])
        self.questions = tuple(
            Inquiry(each["id"], each["ask"], tuple(self._answer(answer) for answer in each["answers"]))
            for each in data["questions"]
        )

    def _answer(self, given: dict) -> Offered:
        return Offered(given["id"], given["say"], tuple(self._rule(rule) for rule in given.get("rules", ())))

    def _rule(self, given: dict) -> Reason:
        known = {name for plugin, mode in self.modes for name in (plugin, f"{plugin}/{mode}")}
        where = f"rule “{given.get('why')}”"
        for what, names, valid in (
            ("part", given, PARTS),
            ("mode", given.get("of", ()), known),
            ("trait", (*given.get("has", ()), *given.get("lacks", ())), TRAITS),
            ("verdict", (given.get("is"),), VERDICTS),
        ):
            for name in names:
                if name not in valid:
                    raise BadInput(f"{where}, {what}", name, sorted(valid))
        return Reason(
            tuple(given.get("of", ())),
            frozenset(given.get("has", ())),
            frozenset(given.get("lacks", ())),
            given["is"],
            given["why"],
            given["see"],
        )

    def to_json(self) -> dict:
        """Return the modes, the questions, and each answer's reasons by the number of the mode."""
        return {
            "modes": [self._mode(*pair) for pair in self.modes],
            "questions": [
                {
                    "id": question.id,
                    "ask": question.ask,
                    "answers": [
                        {
                            "id": answer.id,
                            "say": answer.say,
                            "judges": [self._judged(answer, *pair) for pair in self.modes],
                        }
                        for answer in question.answers
                    ],
                }
                for question in self.questions
            ],
            "reasons": [
                {"is": rule.verdict, "why": rule.why, "see": f"{rule.see}.html"} for rule in self._rules()
            ],
        }

    def _rules(self) -> list[Reason]:
        every = (rule for question in self.questions for answer in question.answers for rule in answer.rules)
        return list(dict.fromkeys(every))

    def _judged(self, answer: Offered, plugin: str, mode: str) -> int | None:
        rule = answer.judge(plugin, mode)
        return None if rule is None else self._rules().index(rule)

    def _mode(self, plugin: str, mode: str) -> dict:
        found = plugins()[plugin]
        return {
            "key": f"{plugin}/{mode}",
            "name": f"{found.title} {mode}",
            "title": found.mode(mode).title,
            "rank": self.prefer.index(plugin),
            "bytes": sum(_added(plugin, mode, scenario) for scenario in ("cross-node", "cross-subnet")),
        }

    def __repr__(self) -> str:
        return "\n".join(
            f"{question.ask} {answer.say}: {VERDICTS[rule.verdict]} {', '.join(self._named(answer, rule))}. {rule.why}"
            for question in self.questions
            for answer in question.answers
            for rule in answer.rules
        )

    def _named(self, answer: Offered, rule: Reason) -> list[str]:
        return [f"{plugin} {mode}" for plugin, mode in self.modes if answer.judge(plugin, mode) == rule]

    def _repr_html_(self) -> str:
        data = json.dumps(self.to_json(), separators=(",", ":")).replace("<", "\\u003c")
        fields = "".join(map(_field, self.questions))
        return (
            f"<style>{''.join(STYLE.splitlines())}</style>\n<walk-choose>"
            f'<form aria-label="Which one?">{fields}</form>\n'
            '<section class="result" aria-label="What fits"><div role="status"><p class="told"></p></div>'
            '<div class="why"></div></section>\n'
            f"<details><summary>All reasons, answer by answer</summary>{self._table()}</details>\n"
            f'<script type="application/json">{data}</script></walk-choose>'
        )

    def _table(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(question.ask)} <b>{escape(answer.say)}</b></td><td>{VERDICTS[rule.verdict]}</td>"
            f"<td>{escape(', '.join(self._named(answer, rule)))}</td>"
            f'<td>{escape(rule.why)} <a href="{escape(rule.see)}.html">Evidence</a></td></tr>'
            for question in self.questions
            for answer in question.answers
            for rule in answer.rules
        )
        heads = "".join(f'<th scope="col">{head}</th>' for head in ("Answer", "What it does", "Modes", "Why"))
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _added(plugin: str, mode: str, scenario: str) -> int:
    """Return how many bytes a default ping has more on the wire than in the pod."""
    crossed = walk(plugin, mode, scenario)
    in_pod = next(step.size for step in crossed.traces[0].steps if step.event == "egress")
    return wire_of(crossed)[0].size - in_pod


def _field(question: Inquiry) -> str:
    options = "".join(
        f'<label><input type="radio" name="{question.id}" value="{answer.id}"{" checked" * (k == 0)}>'
        f"<span>{escape(answer.say)}</span></label>"
        for k, answer in enumerate(question.answers)
    )
    return f"<fieldset><legend>{escape(question.ask)}</legend>{options}</fieldset>"
