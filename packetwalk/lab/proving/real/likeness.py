"""A recording of real programs as if they had drawn the names that the plan computes.

What a kernel or a program draws at random, MACs and the names of veths on a node, is put in the place of the plan's
by its place: the device's name, or the order in which pods came.  So are ports of Services in kube-proxy's chains, of
which the order is a hash table's.  The table of nftables for IPv6 that kube-proxy writes wherever the kernel has IPv6
is left out, for the plan is IPv4's, and so are chains that it has emptied and deletes later.  Everything else stays as
it was recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from packetwalk.capture.frames import Frame
from packetwalk.capture.recording import Place, Recording
from packetwalk.lab.proving.real.lines import TITLE, stale, written
from packetwalk.plan.rules import NFTABLES
from packetwalk.tables import IptablesRule, LinkEntry
from packetwalk.tables.iptables import COUNTED, IPTABLES
from packetwalk.tables.link import LINKS
from packetwalk.tables.nftables import RULESET
from packetwalk.walks.network import Network

IPV6 = re.compile(r"^table ip6 kube-proxy .*?^}\n", re.MULTILINE | re.DOTALL)
Pair = tuple[LinkEntry, LinkEntry]


def as_planned(recording: Recording, network: Network) -> Recording:
    """Return the recording with the plan's names; devices that only one of the two has keep their own."""
    pairs = {place.netns: list(_pairs(place, network)) for place in recording.places}
    macs = {real.address: plan.address for some in pairs.values() for real, plan in some if real.address}
    names = {
        netns: {real.ifname: plan.ifname for real, plan in some if real.ifname != plan.ifname}
        for netns, some in pairs.items()
    }
    return recording._replace(
        places=tuple(_place(each, macs, names[each.netns], network) for each in recording.places),
        sent=tuple(
            each._replace(frames=tuple(_frame(one, macs, names) for one in each.frames))
            for each in recording.sent
        ),
    )


def _pairs(place: Place, network: Network) -> Iterator[Pair]:
    """Yield each recorded device with the plan's."""
    model: list[LinkEntry] = [*network.fabric.netns(place.netns).entries(LINKS)]
    by_name = {each.ifname: each for each in model}
    real = place.entries(LINKS)
    yield from ((each, by_name[each.ifname]) for each in real if each.ifname in by_name)
    drawn = [each for each in real if each.kind == "veth" and each.ifname not in by_name]
    there = {each.ifname for each in real}
    computed = [each for each in model if each.kind == "veth" and each.ifname not in there]
    yield from zip(drawn, computed, strict=False)


def _place(place: Place, macs: Mapping[str, str], names: Mapping[str, str], network: Network) -> Place:
    drawn = {**macs, **names}
    anything = re.compile("|".join(map(re.escape, drawn)) or "$^")
    files = {name: anything.sub(lambda found: drawn[found[0]], text) for name, text in place.files.items()}
    for name in IPTABLES.files.keys() & files:
        files[name] = _ordered(files[name], place.netns, network)
    for name in RULESET.files.keys() & files:
        files[name] = _without_left_over(files[name])
    return place._replace(files=files)


def _without_left_over(text: str) -> str:
    """Return a ruleset without IPv6's table of kube-proxy and without its chains that are empty for a while."""
    text = IPV6.sub("", text)
    for each in stale(written(NFTABLES, text)):
        text = text.replace(f"\t{each} {{\n\t}}\n", "")
    return text


def _ordered(text: str, netns: str, network: Network) -> str:
    """Put the ports of Services into the plan's order, in each chain."""
    ranks: dict[str, int] = {}
    for entry in network.fabric.netns(netns).entries(IPTABLES):
        if isinstance(entry, IptablesRule) and (title := TITLE.search(entry.spec)):
            ranks.setdefault(title[1], len(ranks))
    out: list[str] = []
    run: list[str] = []
    for line in [*text.splitlines(), ""]:
        words = COUNTED.sub("", line, count=1).split(" ", 2)
        same = bool(run) and words[:2] == COUNTED.sub("", run[0], count=1).split(" ", 2)[:2]
        if run and not same:
            out += sorted(run, key=lambda each: _rank(each, ranks))
            run = []
        if words[0] == "-A" and words[1].startswith("KUBE-"):
            run.append(line)
        else:
            out.append(line)
    return "\n".join(out)


def _rank(line: str, ranks: Mapping[str, int]) -> int:
    title = TITLE.search(line)
    return ranks.get(title[1], len(ranks)) if title else len(ranks)


def _frame(frame: Frame, macs: Mapping[str, str], names: Mapping[str, Mapping[str, str]]) -> Frame:
    data = frame.data
    for real, plan in macs.items():
        data = data.replace(_bytes(real), _bytes(plan))
    return frame._replace(data=data, dev=names.get(frame.netns, {}).get(frame.dev, frame.dev))


def _bytes(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))
