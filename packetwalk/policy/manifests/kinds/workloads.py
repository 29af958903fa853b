"""Objects that make pods: where the pods themselves are not among the manifests, their template stands for them.

One pod stands for all that a Deployment makes, under its name: they have the same labels.  It has no address, so no
ipBlock means it.
"""

from __future__ import annotations

from packetwalk.policy.manifests.collected import Collected, Meta, meta
from packetwalk.policy.manifests.fields import Given
from packetwalk.policy.manifests.kinds.core import record

OWNED = "ownerReferences"


def _template(at: Given, found: Collected) -> None:
    """Keep the template of an object that no other object has made."""
    said, template = meta(at), _of(at) / "template"
    if (at / "metadata" / OWNED).value:
        return
    labels = (template / "metadata" / "labels").labels()
    made = Meta(said.name, said.namespace, labels, {})
    found.templates.append(record(made, template / "spec", at / "nowhere"))


def _of(at: Given) -> Given:
    """Return the spec that has the template; a CronJob's is that of its Jobs."""
    return at / "spec" / "jobTemplate" / "spec" if (at / "kind").text() == "CronJob" else at / "spec"


KINDS = {
    (version, kind): _template
    for version, kinds in {
        "v1": "ReplicationController",
        "apps/v1": "DaemonSet Deployment ReplicaSet StatefulSet",
        "batch/v1": "CronJob Job",
    }.items()
    for kind in kinds.split()
}
