"""Documents with anything in the place of anything: each is taken, or refused in one line that names a field."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

import pytest
import yaml

from packetwalk.errors import BadInput
from packetwalk.lab import manifests
from packetwalk.lab.manifests import Settings
from packetwalk.lab.plugins import plugin_slice

DOCUMENTS = {
    "calico": (
        (
            "{apiVersion: projectcalico.org/v3, kind: IPPool, metadata: {name: default-ipv4-ippool}, spec: "
            "{cidr: 10.244.0.0/16, ipipMode: Never, vxlanMode: Always, natOutgoing: true, blockSize: 26}}"
        ),
        "{kind: FelixConfiguration, metadata: {name: default}, spec: {ipipMTU: 1400, wireguardEnabled: false}}",
        "{kind: BGPConfiguration, metadata: {name: default}, spec: {nodeToNodeMeshEnabled: false}}",
        (
            "{apiVersion: v1, kind: Node, metadata: {name: kind-worker, labels: {a: 'true'}, annotations: "
            "{projectcalico.org/IPv4Address: 172.18.0.3/16}}, spec: {bgp: {routeReflectorClusterID: 1.2.3.4}}}"
        ),
        "{kind: BGPPeer, metadata: {name: w}, spec: {nodeSelector: all(), peerSelector: has(a)}}",
    ),
    "flannel": (
        (
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: kube-flannel-cfg}, data: {net-conf.json: "
            '\'{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan", "MTU": 1400}}\', cni-conf.json: '
            '\'{"plugins": [{"type": "flannel", "delegate": {"hairpinMode": false}}]}\'}}'
        ),
    ),
    "weave": (
        (
            "{kind: DaemonSet, metadata: {name: weave-net}, spec: {template: {spec: {containers: "
            "[{name: weave, env: [{name: WEAVE_MTU, value: '1300'}]}]}}}}"
        ),
    ),
}
VALUES = [None, True, False, 0, -1, 3.5, "", "x", "10.0.0.0/8", [], [1], {}, {"a": 1}, 10**30, "٣", "true"]


def places(inner: Any) -> list[tuple[Any, Any]]:
    """Return each place of a document: what holds it, and its name or number there."""
    held = inner.items() if isinstance(inner, dict) else enumerate(inner) if isinstance(inner, list) else ()
    return [place for name, value in held for place in [(inner, name), *places(value)]]


def mutated(document: Any, chance: Random) -> Any:
    """Return a document with one place gone, misnamed, or with another value."""
    document = copy.deepcopy(document)
    holder, name = chance.choice(places(document))
    how = chance.randrange(5)
    if how == 0:
        del holder[name]
    elif how == 1 and isinstance(holder, dict):
        holder[chance.choice([f"{name}x", str(name).upper(), 5, None])] = holder.pop(name)
    else:
        holder[name] = chance.choice(VALUES)
    return document


@pytest.mark.parametrize("plugin", DOCUMENTS)
def test_a_changed_document_is_taken_or_refused_in_one_line(plugin: str) -> None:
    chance, taken, refused = Random(11), 0, 0
    for _ in range(400):
        document = yaml.safe_load(chance.choice(DOCUMENTS[plugin]))
        if "data" in document and chance.random() < 0.7:
            name = chance.choice(list(document["data"]))
            document["data"][name] = json.dumps(mutated(json.loads(document["data"][name]), chance))
        else:
            document = mutated(document, chance)
        try:
            said = manifests.read(
                yaml.safe_dump(document) + "\n", plugin, plugin_slice(plugin).readers, "", Settings()
            )
        except BadInput as error:
            refused += 1
            assert "\n" not in str(error) and "; valid: " in str(error), document
            assert not any(word in str(error) for word in ("TypeError", "KeyError", "AttributeError")), (
                document
            )
        else:
            taken += 1
            assert len(said.lines) == 1
    assert taken > 10 and refused > 200
