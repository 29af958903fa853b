"""The command: every question it takes, in text and JSON, and its errors in one line."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from packetwalk.cli import main
from packetwalk.policy.recipes import FOLDER
from tests.policy.test_manifests import SHOP

DB = """\
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: c, image: x}]}
status: {podIP: 10.244.1.3}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: 5432}]
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: 5432}]
  - from: [{podSelector: {matchLabels: {app: nobody}}}]
"""


@pytest.fixture
def shop(tmp_path: Path) -> str:
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP + DB)
    return str(file)


def told(capsys, *words: str) -> str:
    assert main(["policy", "--manifests", *words]) == 0
    return capsys.readouterr().out


def test_matrix(shop: str, capsys) -> None:
    text = told(capsys, shop, "--matrix", "--port", "5432")
    assert text.splitlines()[0] == "TCP 5432: 1 of 2 pairs of pods are allowed; 2 pods in 2 classes"
    found = json.loads(told(capsys, shop, "--matrix", "--port", "5432", "--format", "json"))
    names = [each for [each] in found["classes"]]
    web, db = names.index("shop/web"), names.index("shop/db")
    assert (found["allowed"][web][db], found["allowed"][db][web]) == ("1", "0")


def test_query_gives_the_list_back_with_verdicts(shop: str, tmp_path: Path, capsys) -> None:
    ends = {"src": {"ns": "shop", "pod": "web"}, "dst": {"ns": "shop", "pod": "db"}, "protocol": "TCP"}
    asked = [{**ends, "port": port, "mine": "kept"} for port in (5432, 80)]
    file = tmp_path / "asked.json"
    file.write_text(json.dumps(asked))
    found = json.loads(told(capsys, shop, "--query", str(file)))
    assert [each["verdict"] for each in found] == ["allow", "deny"]
    assert [{name: each[name] for name in asked[0]} for each in found] == asked
    into = [each["by"]["ingress"] for each in found]
    assert [(each["tier"], each["policy"], each["rule"], each["action"]) for each in into] == [
        ("default", "NetworkPolicy shop/db", 0, "Allow"),
        ("default", "NetworkPolicy shop/db", None, "Deny"),
    ]
    assert "no policy governs egress" in found[0]["by"]["egress"]["says"]


def test_explain_names_what_decided_and_why_the_others_did_not(shop: str, capsys, monkeypatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(Path(shop).read_text()))
    for words in ([shop], ["-"]):
        text = told(capsys, *words, "--explain", "web", "shop/db:80")
        assert "shop/web -> shop/db TCP 80: denied" in text
        assert "tier default: no ingress rule of NetworkPolicy shop/db matches: Deny" in text
        assert "ingress rule 0: destination port 80 of shop/db is not 5432" in text
        assert "NetworkPolicy shop/db: does not select shop/web: not app == 'db' (app is 'web')" in text
    allowed = json.loads(told(capsys, shop, "--explain", "web", "10.244.1.3:5432", "--format", "json"))
    number = Path(shop).read_text().splitlines().index("metadata: {name: db, namespace: shop}")
    assert allowed["verdict"] == "allow" and allowed["rulings"][-1]["where"] == f"{shop}:{number}"


def test_check_and_diff(shop: str, tmp_path: Path, capsys) -> None:
    text = told(capsys, shop, "--check")
    assert "no policy governs egress of 2 pods: shop/db, shop/web" in text
    assert "no policy governs ingress of 0 pods" in text
    assert "NetworkPolicy shop/db, ingress rule 1: others before it decide all that it matches" in text
    assert "NetworkPolicy shop/db, ingress rule 2: matches no two pods" in text and "rule 0:" not in text
    other = tmp_path / "other.yaml"
    other.write_text(
        Path(shop).read_text().replace("ports: [{port: 5432}]", "ports: [{port: 5433, endPort: 5440}]")
    )
    changed = json.loads(told(capsys, shop, "--diff", str(other), "--format", "json"))["changes"]
    web = {"src": "shop/web", "dst": "shop/db"}
    assert sorted(changed, key=str) == sorted(
        [
            {**web, "ports": ["TCP 5432"], "verdict": "deny"},
            {**web, "ports": ["TCP 5433-5440"], "verdict": "allow"},
        ],
        key=str,
    )
    assert told(capsys, shop, "--diff", shop).startswith("0 pairs of pods are opened, 0 are closed")


def test_a_difference_is_told_of_the_outside_too(capsys) -> None:
    shop, closed = (str(FOLDER / f"{name}.yaml") for name in ("shop", "no-internet"))
    text = told(capsys, shop, closed, "--diff", shop)
    assert "3 pairs of a pod and a range outside are opened, 0 are closed" in text
    assert "+ shop/web -> outside: ICMP, TCP 1-65535" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--explain", "nobody", "db"], "shop/db, shop/web"),
        (["--explain", "web", "db:99999"], "1 to 65535"),
        (["--explain", "web", "db:80", "--port", "81"], "leave it out"),
        (["--explain", "web", "10.0.0.300"], "an IP address"),
        (["--explain", "web", "service:shop/x"], "service"),
        (["--matrix", "--protocol", "TCPP"], "SCTP"),
        (["--matrix", "--port", "0"], "1 to 65535"),
        (["--explain", "service:shop/db", "web"], "a Service sends nothing"),
        (["--query", "/nowhere.json"], "/nowhere.json"),
        (["--diff", "/nowhere"], "/nowhere"),
    ],
)
def test_a_mistake_is_one_line(words: list[str], said: str, shop: str, capsys) -> None:
    assert main(["policy", "--manifests", shop, *words]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and said in error
