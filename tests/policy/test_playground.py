"""What a page asks: the same verdicts as the command's, and what is wrong as an answer with its line."""

from __future__ import annotations

import json

import pytest

from packetwalk import policy
from packetwalk.policy.manifests import collected
from packetwalk.policy.manifests.kinds import core, network_policy
from packetwalk.policy.playground import LARGEST, ONE_BY_ONE, answer, judged, told
from packetwalk.policy.plugins import enforcements
from packetwalk.policy.recipes import Recipe, recipe, recipes

POD = """---
apiVersion: v1
kind: Pod
metadata: {{name: {name}, labels: {{app: {app}}}}}
spec: {{containers: []}}
"""
POLICY = """apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: {name}}}
spec: {{podSelector: {{matchLabels: {{app: {label}}}}}, ingress: [{{}}]}}
---
"""


@pytest.mark.parametrize("each", recipes(), ids=lambda each: each.name)
def test_every_pair_of_pods_is_judged_and_told_as_by_the_command(each: Recipe) -> None:
    asked = each.asked
    for plugin in (of.name for of in enforcements()):
        found = judged(each.manifests, asked.protocol, asked.port, plugin)
        estate = policy.read(each.manifests, plugin=plugin)
        names = [name for (name,) in found["lines"]]
        assert len(names) == 6 and found["notes"] == [note.replace("manifests:", "line ") for note in estate.notes]
        for source, row in zip(names, found["open"], strict=True):
            for destination, open_ in zip(names, row, strict=True):
                if source == destination:
                    continue
                said = policy.explain(estate, source, destination, asked.protocol, asked.port)
                assert (open_ == "1") == said.allowed
                way = told(each.manifests, source, destination, asked.protocol, asked.port, plugin)
                assert [each["says"] for each in way["rulings"]] == [each.said for each in said.rulings]


def test_a_ruling_names_the_line_at_which_its_policy_begins() -> None:
    text = recipe("tier-pass").manifests
    rulings = told(text, "ops/probe", "shop/db", "TCP", 5432)["rulings"]
    assert [each["where"] for each in rulings] == [None, 10]
    assert text.splitlines()[9] == "kind: GlobalNetworkPolicy"


def test_services_are_named_with_their_ports() -> None:
    assert judged(recipe("no-policy").manifests)["services"] == {
        "kube-system/kube-dns": [["UDP", 53]],
        "shop/db": [["TCP", 5432]],
    }


def test_of_many_pods_those_that_are_alike_share_a_line() -> None:
    text = "".join(POD.format(name=f"p{k}", app=f"a{k % 3}") for k in range(ONE_BY_ONE))
    assert len(judged(text)["lines"]) == ONE_BY_ONE
    text += POD.format(name="one-more", app="a0")
    assert judged(text)["lines"] == [[f"default/{name}" for name in ["one-more", *sorted(f"p{k}" for k in range(ONE_BY_ONE))]]]


def edited(label: str, before: str = "") -> str:
    """Return three policies and many pods, the first policy's label being the one that is edited."""
    policies = "".join(POLICY.format(name=name, label=value) for name, value in zip("abc", (label, "x", "y"), strict=True))
    return before + policies + "".join(POD.format(name=f"p{k}", app=f"a{k % 3}") for k in range(40))


def test_of_a_text_that_is_edited_only_the_changed_document_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    judged(edited("a"))
    read: list[str] = []
    meta = collected.meta
    for kind in (core, network_policy):
        monkeypatch.setattr(kind, "meta", lambda at, *more, **named: read.append(at.value["metadata"]["name"]) or meta(at, *more, **named))
    judged(edited("a0"))
    assert read == ["a"]
    judged(edited("a0", before="# a line\n"))
    assert read == ["a", "a"], "what has moved is the same"


def test_what_has_moved_is_told_at_its_new_line() -> None:
    for lines in range(3):
        text = edited("a0", before="# a line\n" * lines)
        where = told(text, "default/p1", "default/p0")["rulings"][-1]["where"]
        assert text.splitlines()[where - 1] == "kind: NetworkPolicy" and where == 2 + lines
        twice = f"{text}---\n" + POLICY.format(name="b", label="a")
        assert judged(twice)["wrong"]["line"] == len(text.splitlines()) + 4
        assert judged(text + POD.format(name="p7", app="a"))["wrong"]["line"] == len(text.splitlines()) + 4


def test_a_policy_that_selects_nobody_and_a_ports_name_that_nobody_has_are_told_with_their_lines() -> None:
    rule = "ingress: [{}, {ports: [{port: web}]}]"
    text = edited("a0").replace("ingress: [{}]", rule, 1).replace("app: a0", "app: a1")
    said = [f"line {line}: NetworkPolicy default/{name}: selects nobody" for line, name in ((7, "b"), (12, "c"))]
    assert judged(text)["notes"][-3:] == [
        "line 2: NetworkPolicy default/a, ingress rule 1: no pod has a port called web",
        *said,
    ]
    named = text.replace("containers: []", "containers: [{name: c, ports: [{name: web, containerPort: 80}]}]", 1)
    assert judged(named)["notes"][-2:] == said and "called web" not in str(judged(named)["notes"])


WRONG = [
    ("a: 1\nb: ]\n", 2, "YAML: "),
    ("a: 1\n\ta: 2", 2, "YAML: "),
    ("apiVersion: v1\nkind: Pot\n", 2, "kind: 'Pot' is not valid; valid: Pod"),
    ("apiVersion: v1\nkind: Pod\nmetadata: {name: a, lables: {}}", 3, "field of metadata: 'lables' is not valid"),
    ("a" * (LARGEST + 1), None, "manifests: '5,000,001 characters' is not valid; valid: at most 5,000,000"),
]


@pytest.mark.parametrize(("text", "line", "said"), WRONG, ids=range(len(WRONG)))
def test_what_is_wrong_is_an_answer_with_its_line(text: str, line: int | None, said: str) -> None:
    found = judged(text)["wrong"]
    assert found["line"] == line and found["said"].startswith(said)


def test_a_question_that_cannot_be_asked_is_an_answer() -> None:
    text = recipe("no-policy").manifests
    assert judged(text, port=70000)["wrong"] == {"line": None, "said": "port: 70000 is not valid; valid: 1 to 65535"}
    assert "shop/web" in told(text, "shop/web", "shop/wep")["wrong"]["said"]
    assert "why" not in json.loads(answer("kind: [", "calico", "TCP", 80, "shop/web", "shop/db"))
    assert json.loads(answer(text, "calico", "TCP", 80, "shop/web", "shop/db"))["why"]["verdict"] == "allow"


def nest(begin: str, each: str) -> str:
    """Return a text that is short, and large when its aliases are written out: ten times ten times ten ..."""
    lines = [f"a0: &a0 {begin}"]
    lines += [f"a{n}: &a{n} {each.format(', '.join([f'*a{n - 1}'] * 10))}" for n in range(1, 7)]
    return "\n".join(lines)


def test_a_nest_of_aliases_is_refused_before_it_grows() -> None:
    assert "2,345,679 values by its aliases" in judged(nest("[x]", "[{}]"))["wrong"]["said"]
    merged = judged(nest("{k: v}", "{{<<: [{}]}}"))["wrong"]
    assert merged["line"] == 7 and "merged too large" in merged["said"]
