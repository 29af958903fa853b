"""Every object that labs, recipes and the book give to a cluster is accepted by the API server, or a page says why not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from packetwalk.lab import node
from packetwalk.lab.kind import manifest
from packetwalk.lab.kind.running.cluster import WORKLOAD
from packetwalk.lab.plugins import installation, installations
from packetwalk.lab.plugins.calico.kind import OWN_API
from tests import ROOT
from tests.lab.kind.apiserver.hands import Hands
from tests.lab.kind.apiserver.released import FILES, released

pytestmark = [pytest.mark.kernel, pytest.mark.real]
MODES = [(name, mode) for name in FILES for mode in installation(name).modes]
POLICIES = [
    file
    for folder in ("packetwalk/policy/recipes", "book/data")
    for file in sorted((ROOT / folder).glob("*.yaml"))
    if "apiVersion: " in file.read_text()
]
UNKNOWN = re.compile(r'no matches for kind "(Tier|NetworkPolicy|GlobalNetworkPolicy)" in version "projectcalico.org/v3"')


@pytest.fixture(scope="module")
def shop(hands: Hands) -> None:
    """The shop's namespaces are there."""
    hands.apply((ROOT / "packetwalk/policy/recipes/shop.yaml").read_text())


def count(text: str) -> int:
    found = [each for each in yaml.safe_load_all(text) if each]
    return sum(len(each["items"]) if each["kind"] == "List" else 1 for each in found)


def wrong(hands: Hands, text: str) -> list[str]:
    """Apply documents; return what is said that is not the acceptance of one, and how many were not accepted."""
    said = hands.apply(text)
    bad = [line for line in said if not line.endswith(" serverside-applied")]
    left = count(text) - (len(said) - len(bad))
    return [*bad, *([f"{left} objects were not accepted"] if left else [])]


@pytest.mark.parametrize(("plugin", "mode"), MODES)
def test_a_plugins_manifest_for_each_mode(hands: Hands, plugin: str, mode: str) -> None:
    text = released(plugin)
    assert text
    assert wrong(hands, manifest.patched(installation(plugin), mode, text.decode())) == []


def test_what_weave_needs_beside_its_manifest(hands: Hands) -> None:
    (secret,) = installations()["weave"].beside("fastdp-encrypted", "x" * 16)
    assert wrong(hands, yaml.safe_dump(secret)) == []


def test_the_labs_pods_and_services(hands: Hands) -> None:
    assert wrong(hands, WORKLOAD.read_text()) == []
    hands.end()


def test_what_records_every_node(hands: Hands) -> None:
    assert wrong(hands, node.DAEMONSET.read_text()) == []


@pytest.mark.parametrize("file", POLICIES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_what_is_applied_for_policies(hands: Hands, shop: None, file: Path) -> None:
    """All is accepted but what is Calico's own API, which needs Calico's API server; the page on installing says so."""
    held = [each for each in yaml.safe_load_all(file.read_text()) if each]
    own = [each for each in held if each["apiVersion"] == OWN_API]
    assert wrong(hands, yaml.safe_dump_all([each for each in held if each not in own])) == []
    hands.api.delete(*(each for each in held if each["kind"] == "Pod"))  # another file's may have its name
    refused = wrong(hands, yaml.safe_dump_all(own)) if own else []
    assert len(UNKNOWN.findall("\n".join(refused))) == len(own)
    page = (ROOT / "book/calico/choose-and-install.ipynb").read_text()
    assert not own or f"API server `kubectl` knows the resources of `{OWN_API}`" in page


MISTAKES = {
    ("hostPID", "hostPidd"): ".hostPidd: field not declared in schema",
    ("drop: [ALL]", "drop: ALL"): "capabilities.drop: expected list",
}


@pytest.mark.parametrize("change", MISTAKES, ids=" ".join)
def test_a_mistake_is_refused(hands: Hands, change: tuple[str, str]) -> None:
    text = node.DAEMONSET.read_text()
    assert change[0] in text
    refused, left = wrong(hands, text.replace(*change))
    assert MISTAKES[change] in refused and left == "1 objects were not accepted"
