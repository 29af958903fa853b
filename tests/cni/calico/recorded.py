"""The nodes that Felix was recorded on under policies, by the plan: ``calico-3.33-tables`` of ``tests/policy/cases``."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from ipaddress import ip_address
from typing import Any

from packetwalk.capture.recording import Place
from packetwalk.cni.calico import nftables
from packetwalk.cni.calico.plan import plan
from packetwalk.cni.calico.policies import policed
from packetwalk.plan.cluster import Cluster, Node, Pod, Service
from packetwalk.plan.edit import Change
from packetwalk.plan.operation import Operation
from packetwalk.tables import IpSet, IptablesRule
from packetwalk.tables.ipset import SETS
from packetwalk.tables.iptables import IPTABLES
from packetwalk.tables.nftables import RULESET, NftEntry
from tests.policy import cases, estate, settings

RECORDED = {each["name"].partition("/")[2]: each for each in cases("calico-3.33-tables")}
CASES = {each["name"].partition("/")[2]: each for each in cases("calico-3.33")}


class RecordedCluster(Cluster):
    """n1, n2, n3 at 172.18.0.2 to .4 and the pods of a case's manifests, by their addresses."""

    def __init__(self, manifests: list[dict[str, Any]]) -> None:
        super().__init__(3, 4, services=False)
        self._manifests = manifests
        self._found = sorted(
            (each for each in manifests if each["kind"] == "Pod"),
            key=lambda each: ip_address(each["status"]["podIP"]),
        )

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """The API server was a machine of its own, so the first node is an ordinary one."""
        return tuple(
            Node(f"n{number}", number - 1, f"172.18.0.{1 + number}", 16, "172.18.0.1", "172.18.0.0/16")
            for number in (1, 2, 3)
        )

    @cached_property
    def pods(self) -> tuple[Pod, ...]:
        """Those of the manifests."""
        out: list[Pod] = []
        for each in self._found:
            said, node = each["metadata"], each["spec"]["nodeName"]
            before = sum(pod.node == node for pod in out)
            out.append(Pod(said["name"], node, int(node[1:]) - 1, before, said["namespace"]))
        return tuple(out)

    def pods_of(self, node: Node) -> tuple[Pod, ...]:
        """Those of a node."""
        return tuple(pod for pod in self.pods if pod.node == node.name)

    def find_pod(self, name: str) -> Pod | None:
        """Return a pod by name, or None."""
        return next((pod for pod in self.pods if pod.name == name), None)

    @cached_property
    def services(self) -> tuple[Service, ...]:
        """Those of the manifests, with whom their EndpointSlices name."""
        slices = {
            each["metadata"]["labels"]["kubernetes.io/service-name"]: each
            for each in self._manifests
            if each["kind"] == "EndpointSlice"
        }
        return tuple(
            self._service(each, slices[each["metadata"]["name"]])
            for each in self._manifests
            if each["kind"] == "Service"
        )

    def _service(self, of: dict[str, Any], endpoints: dict[str, Any]) -> Service:
        owners = {each["status"]["podIP"]: each["metadata"]["name"] for each in self._found}
        owners |= {node.address: node.name for node in self.nodes}
        [port] = of["spec"]["ports"]
        addresses = [address for each in endpoints["endpoints"] for address in each["addresses"]]
        return Service(
            of["metadata"]["name"],
            of["spec"]["clusterIP"],
            port["port"],
            endpoints["ports"][0]["port"],
            tuple(owners.get(each, each) for each in addresses),
            of["metadata"]["namespace"],
            ((port["protocol"].lower(), port["name"]),),
            port.get("nodePort", 0),
            external_local=of["spec"].get("externalTrafficPolicy") == "Local",
        )


def planned(name: str, form: Change | None = None, node: str = "n1") -> list[Operation]:
    """Return the operations on a node itself in a case, perhaps in another form."""
    case = CASES[name]
    cluster = RecordedCluster(case["manifests"])
    found = estate([*case["manifests"], *settings(case.get("note", ""))])
    on = next(each for each in cluster.nodes if each.name == node)
    made = policed(found)(cluster, on, plan(cluster, "vxlan", on))
    made = form(cluster, on, made) if form else made
    return [each for each in made if each.netns == node]


def chains(entries: list[IptablesRule]) -> dict[tuple[str, str], list[str]]:
    """Return the rules of each chain in their order.

    In chains that choose one by the interface, each rule is about another: Felix has them by name, the plan in the
    order in which pods started.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for each in entries:
        found.setdefault((each.chain_table, each.chain), []).append(each.spec)
    return {where: sorted(specs, key=_interface) if "dispatch" in where[1] else specs for where, specs in found.items()}


def _interface(spec: str) -> str:
    return spec if spec.startswith(("-i ", "-o ")) else "~"


def rules(name: str) -> tuple[dict, dict]:
    """Return the chains of a case: by the plan, and recorded."""
    written = [op.entry for op in planned(name) if isinstance(op.entry, IptablesRule)]
    mine = [each for each in IPTABLES.hold(written) if isinstance(each, IptablesRule)]
    theirs = [each for each in IPTABLES.parse(RECORDED[name]["iptables"]) if isinstance(each, IptablesRule)]
    return chains(mine), chains(theirs)


def made(name: str) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Return the names of all chains of Felix's, empty ones too: by the plan, and recorded."""
    entries = [op.entry for op in planned(name) if isinstance(op.entry, IptablesRule)]
    mine = {(t, chain) for t in ("raw", "mangle", "nat", "filter") for chain in IPTABLES.made(entries, t)}
    theirs, table = set(), ""
    for line in RECORDED[name]["iptables"].splitlines():
        table = line[1:] if line.startswith("*") else table
        if line.startswith(":"):
            theirs.add((table, line[1:].removesuffix(" -")))
    return mine, theirs


def sets(name: str) -> tuple[dict, dict]:
    """Return the sets of a case with their members: by the plan, and recorded."""
    mine = (op.entry for op in planned(name) if isinstance(op.entry, IpSet))
    return _members(mine), _members(SETS.parse(RECORDED[name]["ipset"]))


def native(name: str) -> tuple[list[str], list[str]]:
    """Return the lines of Felix's table in the form of nftables, rules of a chain in their order: by the plan, and recorded."""
    entries = (op.entry for op in planned(name, nftables.FORM))
    written = [each for each in entries if isinstance(each, NftEntry) and each.chain_table == nftables.TABLE]
    text = "\n".join(RULESET.lines(RULESET.hold(written)))
    mine, theirs = (Place("n1", "n1", "node", "n1", {"nft.txt": each}) for each in (text, RECORDED[name]["nft"]))
    sides = RULESET.sides(mine, theirs)
    assert sides is not None
    mine, theirs = (sorted(lines, key=lambda line: RULESET.chain(line) or (line,)) for lines in sides)
    return mine, theirs


def _members(entries: Iterator[IpSet]) -> dict[tuple[str, str, str], list[str]]:
    return {(each.name, each.type, each.options): sorted(each.members) for each in entries}
