"""Lab 9's checks ask the cluster widely enough: policies that admit too much are found."""

from __future__ import annotations

import pytest

from packetwalk import lab
from packetwalk.lab.check import load
from tests import ROOT

HEAD = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {}}}\nspec:\n"
B, A2 = "  podSelector: {matchLabels: {app: b}}\n", "  podSelector: {matchLabels: {app: a2}}\n  policyTypes: [Egress]\n"
PORT = "ports: [{protocol: TCP, port: 8080}]"
CLOSED = ("closed", B)
OPEN_WEB = ("allow-web", B + "  ingress: [{from: [{podSelector: {matchLabels: {app: a}}}], " + PORT + "}]\n")
OPEN_PROBE = ("allow-probe", B + "  ingress: [{from: [{podSelector: {matchLabels: {app: a2}}}], " + PORT + "}]\n")
NOT_A2 = "{podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [a2]}]}}"
TO_B = "{podSelector: {matchLabels: {app: b}}}"
FALSE = {
    "1, the other way": ("1", [("closed", B.rstrip() + "\n  policyTypes: [Egress]\n")], "still reaches b"),
    "2, everybody but the probe": ("2", [CLOSED, ("allow-web", B + f"  ingress: [{{from: [{NOT_A2}], {PORT}}}]\n")], "b2 still reaches b"),
    "2, every port": ("2", [CLOSED, ("allow-web", B + "  ingress: [{from: [{podSelector: {matchLabels: {app: a}}}], ports: [{protocol: TCP}]}]\n")], "more than one port"),
    "4, to the outside as well": (
        "4",
        [OPEN_PROBE, ("probe", A2 + f"  egress: [{{to: [{TO_B}], {PORT}}}, {{to: [{{ipBlock: {{cidr: 0.0.0.0/0, except: [10.244.0.0/16]}}}}]}}]\n")],
        "Internet",
    ),
    "4, to the job as well": ("4", [OPEN_PROBE, ("probe", A2 + f"  egress: [{{to: [{{podSelector: {{matchExpressions: [{{key: app, operator: NotIn, values: [a]}}]}}}}], {PORT}}}]\n")], "a2 still reaches b2"),
    "5b, any pod but b": ("5b", [("job", "  podSelector: {matchLabels: {app: b2}}\n  ingress: [{from: [{podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [b]}]}}]}]\n")], "a2 still reaches b2"),
}


@pytest.mark.parametrize("name", FALSE)
def test_a_policy_that_admits_too_much_is_found(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    step, policies, said = FALSE[name]
    with lab.open("calico", "ipip", "model") as cluster:
        for each, spec in policies:
            cluster.apply(HEAD.format(each) + spec)
        load(cluster, ROOT / "labs" / "9-policy" / "check.py").check(step)
    told = capsys.readouterr().out
    assert "not yet" in told and said in told
