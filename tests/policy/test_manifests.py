"""Manifests are read strictly: what is wrong, misspelt or too much is one line with file and line, and nothing is run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from packetwalk import policy
from packetwalk.errors import BadInput
from tests import ROOT
from tests.policy import cases, estate

SHOP = """\
# a shop
apiVersion: v1
kind: Namespace
metadata:
  name: shop
---
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  labels: {app: web}
spec:
  containers:
  - name: c
    image: x
    ports:
    - containerPort: 80
      name: http
status:
  podIP: 10.244.1.2
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
  namespace: shop
spec:
  podSelector:
    matchLabels: {app: web}
  ingress:
  - from:
    - podSelector: {}
    ports:
    - port: 80
      endPort: 90
"""
TIER = {"apiVersion": "projectcalico.org/v3", "kind": "Tier", "metadata": {"name": "t"}, "spec": {"order": 1}}
ACCEPTED = (
    "accepted",
    'no matches for kind "ClusterNetworkPolicy"',
)  # what that cluster lacked is known here


@pytest.mark.parametrize("case", cases("refused"), ids=lambda case: case["what"])
def test_what_the_api_refuses_is_refused(case: dict[str, Any]) -> None:
    if any(each in case["answer"] for each in ACCEPTED):
        estate([case["object"]])
        return
    with pytest.raises(BadInput, match=r"^case\.json:\d+[:,] ") as error:
        estate([case["object"]])
    assert "\n" not in str(error.value)


LINES = [
    ("kind: Namespace", "kind: Namespaces", 3, "'Namespaces' is not valid; valid: Namespace"),
    ("  ingress:", "  inress:", 31, "field of spec: 'inress' is not valid; valid: ingress"),
    ("      endPort: 90", "      endPort: 79", 36, "80 to 65535"),
    ("      endPort: 90", "      endport: 90", 36, "valid: endPort"),
    ("    - port: 80", "    - port: 80000", 35, "1 to 65535"),
    ("    - podSelector: {}", "    - {}", 33, "podSelector, namespaceSelector, ipBlock"),
    ("matchLabels: {app: web}", "matchLabels: {app: yes}", 30, "a string, in quotes"),
    ("matchLabels: {app: web}", "matchLabel: {app: web}", 30, "valid: matchLabels"),
    ("  labels: {app: web}", "  lables: {app: web}", 12, "valid: labels"),
    ("  containers:", "  containres:", 14, "valid: containers"),
    ("    - containerPort: 80", "    - containerport: 80", 18, "valid: containerPort"),
    ("  podIP: 10.244.1.2", "  podIP: 10.244.1.256", 21, "an IP address"),
    ("    - port: 80", '    - port: "8080"', 35, "a number without quotes, a name of lower-case letters"),
    ("    - port: 80", "    - port: Web", 35, "a name of lower-case letters"),
    ("    - port: 80", "    - port: we--b", 35, "a name of lower-case letters"),
    ("    - port: 80", "    - port: sixteen-letters-", 35, "at most 15"),
    ("    - podSelector: {}", "    - ipBlock: {cidr: 10.1.2.3}", 33, "a CIDR, with a / and"),
    ("    - podSelector: {}", "    - ipBlock: {cidr: 10.0.0.300/16}", 33, "valid: a CIDR, as 10.244.0.0/16"),
    ("    - podSelector: {}", "    - ipBlock: {cidr: 10.0.0.1/16}", 33, "a CIDR without bits set past its prefix"),
    ("    - port: 80", "    - port: " + 5000 * "9", 35, "YAML: 'a number of too many digits'"),
    ("  name: shop", "  name: sh\aop", 5, "YAML: 'a character U+0007' is not valid"),
    ("  name: shop", "  name: !!set {a, b}", 5, "metadata.name: '...' is not valid; valid: a string"),
    ("    - podSelector: {}", "    - ipBlock: {cidr: 10.0.0.0/8, except: [10.1.2.3]}", 33, "a CIDR, with a / and"),
    ("matchLabels: {app: web}", "matchLabels: {app: we/b}", 30, "nothing, or letters, digits"),
    ("matchLabels: {app: web}", "matchLabels: {a b: web}", 30, "letters, digits, -, _ and ., at most 63"),
    ("matchLabels: {app: web}", "matchLabels: {A_/app: web}", 30, "a name in DNS before the /"),
    ("matchLabels: {app: web}", "matchExpressions: [{key: -a, operator: Exists}]", 30, "letters, digits"),
    ("matchLabels: {app: web}", "matchExpressions: [{key: a, operator: In, values: [b-]}]", 30, "letters, digits"),
    ("  labels: {app: web}", "  labels: {app: " + 64 * "a" + "}", 12, "at most 63"),
    ("  name: shop", "  name: Shop", 5, "lower-case letters, digits"),
    ("apiVersion: networking.k8s.io/v1", "apiVersion: networking.k8s.io/v1beta1", 23, "networking.k8s.io/v1"),
    (
        "  name: web\n  namespace: shop\nspec:\n  podSelector",
        "  name: web\n  name: db\nspec:\n  podSelector",
        27,
        "name that stands twice",
    ),
    ("spec:\n  podSelector:", "spec:\n\tpodSelector:", 29, "YAML: 'a tab' is not valid; valid: spaces"),
    ("apiVersion: networking.k8s.io/v1\n", "", 23, "apiVersion: missing; valid: an apiVersion"),
]


@pytest.mark.parametrize(("old", "new", "line", "said"), LINES, ids=[each[1].strip() for each in LINES])
def test_a_mistake_is_named_with_its_line(old: str, new: str, line: int, said: str) -> None:
    assert SHOP.count(old) == 1
    with pytest.raises(BadInput) as error:
        policy.read(SHOP.replace(old, new), "shop.yaml")
    told = str(error.value)
    assert told.startswith(f"shop.yaml:{line}: ") and said in told and "\n" not in told, told


def test_json_has_lines_too() -> None:
    text = json.dumps({"kind": "List", "apiVersion": "v1", "items": [TIER]}, indent=1)
    with pytest.raises(BadInput) as error:
        policy.read(text.replace('"order"', '"odrer"'), "t.json")
    number = next(n for n, each in enumerate(text.splitlines(), 1) if "order" in each)
    assert str(error.value).startswith(f"t.json:{number}: field of items[0].spec: 'odrer'")
    with pytest.raises(BadInput, match=r"^t.json:1: JSON"):
        policy.read("{", "t.json")
    with pytest.raises(BadInput, match=r"^t.json:2: name that stands twice: 'a'"):
        policy.read('{"a": 1,\n"a": 2}', "t.json")
    with pytest.raises(BadInput, match=r"^t.json:1: "):
        policy.read("[" * 100_000, "t.json")


@pytest.mark.parametrize("form", ["many", "list", "json", "kinds"])
def test_one_cluster_in_every_form(form: str, tmp_path: Path) -> None:
    import yaml

    objects = list(yaml.safe_load_all(SHOP))
    listed = {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": objects}
    if form == "many":
        for number, each in enumerate(objects):
            (tmp_path / f"{number}.yml").write_text(yaml.safe_dump(each))
    elif form == "list":
        (tmp_path / "all.yaml").write_text(yaml.safe_dump(listed))
    elif form == "json":
        (tmp_path / "all.json").write_text(json.dumps(listed))
    else:
        for each in objects:
            bare = {name: value for name, value in each.items() if name not in ("kind", "apiVersion")}
            one = {"apiVersion": each["apiVersion"], "kind": f"{each['kind']}List", "items": [bare]}
            (tmp_path / f"{each['kind']}.json").write_text(json.dumps(one))
    found = policy.load(tmp_path)
    assert [str(each) for each in found.workloads] == ["shop/web"] and len(found.policies) == 1
    query = [{"src": {"ip": "8.8.8.8"}, "dst": {"ns": "shop", "pod": "web"}, "protocol": "TCP", "port": 85}]
    [answer] = policy.evaluate(found, query)
    assert answer["verdict"] == "deny" and answer["by"]["ingress"]["policy"] == "NetworkPolicy shop/web"


def test_a_service_stands_once() -> None:
    one = "apiVersion: v1\nkind: Service\nmetadata: {name: db, namespace: %s}\nspec: {ports: [{port: 80}]}\n---\n"
    assert len(policy.read(one % "a" + one % "b").services) == 2
    with pytest.raises(BadInput, match=r"^manifests:8: metadata.name: 'db' is not valid; valid: a name that no other"):
        policy.read(one % "a" + one % "a")


def test_a_list_without_items_holds_nothing_and_says_what_its_items_are() -> None:
    for items in ("", "items:", "items: []"):
        assert policy.read(f"apiVersion: v1\nkind: List\n{items}\n").workloads == ()
    with pytest.raises(BadInput, match=r"^manifests:3: items: 'x' is not valid; valid: a list$"):
        policy.read("apiVersion: v1\nkind: List\nitems: x\n")


def test_what_is_not_used_is_told() -> None:
    found = policy.read(SHOP + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n")
    assert found.notes == ("not used: 1 ConfigMap",)


DEPLOYED = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
"""
NIGHTLY = """
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly, namespace: shop}
spec: {jobTemplate: {spec: {template: {metadata: {labels: {app: job}}, spec: {containers: []}}}}}
"""
RUNNING = """
apiVersion: v1
kind: Pod
metadata: {name: api-7d4-x2, namespace: shop, labels: {app: api, pod-template-hash: "7d4"}}
spec: {containers: [{name: c}]}
"""


def test_a_template_stands_for_the_pods_that_are_not_there() -> None:
    found = policy.read("---".join([SHOP, DEPLOYED, NIGHTLY]))
    assert [str(each) for each in found.workloads] == ["shop/api", "shop/nightly", "shop/web"]
    assert found.pod("shop", "api").ports[0].port == 8080
    assert found.notes == ()
    owned = DEPLOYED.replace("name: api,", "name: api-7d4, ownerReferences: [{kind: Deployment}],")
    there = policy.read("---".join([DEPLOYED, owned.replace("Deployment\nmeta", "ReplicaSet\nmeta"), RUNNING]))
    assert [str(each) for each in there.workloads] == ["shop/api-7d4-x2"]


def test_a_template_without_containers_is_refused_with_its_line() -> None:
    with pytest.raises(BadInput, match=r":1: spec.template.spec: missing"):
        policy.read("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n")


def test_a_port_may_be_asked_for_by_its_name() -> None:
    found = policy.read(DEPLOYED)
    asked = {"src": {"ip": "8.8.8.8"}, "dst": {"ns": "shop", "pod": "api"}, "protocol": "TCP"}
    assert [each["verdict"] for each in policy.evaluate(found, [{**asked, "port": "http"}])] == ["allow"]
    with pytest.raises(BadInput, match=r"sql.*valid: 1 to 65535, http"):
        policy.evaluate(found, [{**asked, "port": "sql"}])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "a: &a [x, x]\n"
            + "".join(
                f"b{n}: &b{n} [*{p}, *{p}, *{p}, *{p}, *{p}, *{p}]\n"
                for n, p in enumerate(["a", *(f"b{m}" for m in range(12))])
            ),
            "by its aliases",
        ),
        ("a: &a [*a]\n", "aliases that end"),
        ("[" * 5000, ""),
        ("!!python/object/apply:os.system ['touch /tmp/packetwalk-ran']\n", "YAML"),
        ("a: \0\n", "YAML"),
    ],
    ids=["bomb", "endless", "deep", "code", "nul"],
)
def test_what_would_hurt_is_one_line(text: str, said: str) -> None:
    with pytest.raises(BadInput) as error:
        policy.read(text, "evil.yaml")
    assert str(error.value).startswith("evil.yaml:") and said in str(error.value)
    assert "\n" not in str(error.value) and len(str(error.value)) < 400
    assert not Path("/tmp/packetwalk-ran").exists()


def test_five_megabytes_are_read_or_refused_in_a_line() -> None:
    with pytest.raises(BadInput) as error:
        policy.read("a" * 5_000_000, "long.yaml")
    assert "\n" not in str(error.value) and len(str(error.value)) < 300
    pods = "".join(SHOP.split("---\n")[1].replace("name: web", f"name: web{n}") + "---\n" for n in range(200))
    assert len(policy.read(pods, "many.yaml").workloads) == 200


def test_numbers_to_base_60_and_dates_stay_text() -> None:
    rule = {"action": "Allow", "protocol": "TCP", "destination": {"ports": ["PORTS"]}}
    spec = {"selector": "all()", "ingress": [rule]}
    each = {
        "apiVersion": "projectcalico.org/v3",
        "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "p"},
        "spec": spec,
    }
    import yaml

    text = yaml.safe_dump(each).replace("PORTS", "10:59")
    assert yaml.safe_load(text)["spec"]["ingress"][0]["destination"]["ports"] == [10 * 60 + 59]
    [found] = policy.read(text).policies
    assert [str(one) for one in found.ingress[0].destination.ports] == ["10:59"]


def test_markup_is_only_text() -> None:
    found = policy.read(SHOP.replace("name: http", "name: <b>web</b>"))
    with pytest.raises(BadInput, match="<b>web</b>"):
        policy.explain(found, "8.8.8.8", "shop/web", "TCP", "none")
    with pytest.raises(BadInput, match=r"'<b>web</b>' is not valid"):
        policy.read(SHOP.replace("name: web\n  namespace: shop\n  labels", "name: <b>web</b>\n  labels"))


def test_json_needs_the_standard_library_only(tmp_path: Path) -> None:
    file = tmp_path / "t.json"
    file.write_text(json.dumps(TIER))
    (tmp_path / "t.yaml").write_text("kind: Tier\n")
    script = "import sys; sys.modules['yaml'] = None; from packetwalk.cli import main; sys.exit(main(sys.argv[1:]))"
    for name, code in (("t.json", 0), ("t.yaml", 2)):
        words = [
            sys.executable,
            "-S",
            "-c",
            script,
            "policy",
            "--manifests",
            str(tmp_path / name),
            "--matrix",
        ]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, check=False, text=True)
        assert done.returncode == code, done.stderr
    assert done.stderr == "packetwalk: Python package PyYAML missing; pip install PyYAML\n"


def test_the_help_of_fields_is_not_misled_by_other_files() -> None:
    with pytest.raises(BadInput, match="no other pod"):
        policy.read(SHOP + "---\n" + SHOP.split("---\n")[1])
    with pytest.raises(BadInput, match="no other NetworkPolicy"):
        policy.read(SHOP + "---\n" + SHOP.split("---\n")[2])
