"""Answers that are not right: what a reference solution becomes when somebody is hasty, guesses, or does too much."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packetwalk.lab.exam.cases import ExamCase
from packetwalk.lab.exam.mending import Remedy
from packetwalk.lab.exam.spots import MACHINES

ADDRESS = re.compile(r"\b(?:10\.\d+|172\.18)\.\d+\.\d+")
MAC = re.compile(r"\b[0-9a-f]{2}(?=:[0-9a-f]{2}:[0-9a-f]{2}\b)")
REMARK = re.compile(r"--comment (?:'[^']*'|\S+)")
NUMBER = re.compile(r"(?<=[ =])[01](?=$| )|(?<= )\d{3,5}\b")
Answer = tuple[Remedy, ...]


def answers(case: ExamCase) -> Iterator[tuple[str, Answer]]:
    """Yield wrong answers, each with what is wrong with it."""
    right, node = case.solution, case.spot.node.name
    yield "nothing", ()
    if len(right) > 1:
        yield "half", right[: len(right) // 2]
        for number, left_out in enumerate(right):
            if left_out.line.startswith("ip link set cni0 mtu "):
                continue  # nobody has to: a bridge follows its ports (br_mtu_auto_adjust)
            yield f"without {left_out}", (*right[:number], *right[number + 1 :])
    for other in _elsewhere(right[0].place):
        yield f"on {other}", tuple(each._replace(place=other) for each in right)
    for what, how in (("address", ADDRESS), ("MAC", MAC), ("number", NUMBER)):
        changed = tuple(each._replace(line=_other(each.line, how)) for each in right)
        if changed != right:
            yield f"another {what}", changed
    yield from _too_much(case, right, node)


def _elsewhere(place: str) -> list[str]:
    """Return places of the same sort."""
    nodes, pods = [each.name for each in MACHINES.nodes], [each.name for each in MACHINES.pods]
    return [each for each in (nodes if place in nodes else pods) if each != place][:2]


def _other(line: str, how: re.Pattern[str]) -> str:
    """Return a command with the first of its addresses, MACs or numbers another."""
    if how is MAC and line.startswith("ip neigh del "):
        return line  # the kernel does not ask whose MAC goes (neigh_delete)
    said = [each.span() for each in REMARK.finditer(line)]  # a comment may be what it likes
    found = [each for each in how.finditer(line) if not any(at <= each.start() < end for at, end in said)]
    if not found:
        return line
    at = found[-1]
    text = at[0]
    if how is MAC:
        new = f"{int(text, 16) ^ 4:02x}"
    elif how is ADDRESS:
        first, rest = text.split(".", 1)
        new = f"{int(first) ^ 1}.{rest}"  # another network, however wide
    else:
        new = str(1 - int(text)) if text in "01" else str(int(text) - 1)
    return line[: at.start()] + new + line[at.end() :]


def _too_much(case: ExamCase, right: Answer, node: str) -> Iterator[tuple[str, Answer]]:
    """Yield what is wrong although the symptom may be gone."""

    def here(*lines: str) -> Answer:
        return tuple(Remedy(node, line) for line in lines)

    everywhere = here(*(f"iptables -t {table} -F" for table in ("raw", "filter", "nat")))
    open_all = here("iptables -I FORWARD -j ACCEPT", "iptables -I INPUT -j ACCEPT")
    restart = here("ip link set eth0 down", "ip link set eth0 up")
    if case.kind.rules == "nftables":
        everywhere = here("nft flush chain ip kube-proxy services", "nft delete table ip flannel-ipv4")
        open_all = here("nft insert rule ip flannel-ipv4 forward accept")
    yield "flush everything", everywhere
    yield "flush everything, then the right commands", (*everywhere, *right)
    yield "the right commands, then flush everything", (*right, *everywhere)
    yield "accept everything", open_all
    yield "accept everything, and the right commands", (*open_all, *right)
    yield "restart the card", restart
    yield "the right commands, then restart the card", (*right, *restart)
    yield "a setting too much", (*right, *here("sysctl -w net.ipv4.conf.all.rp_filter=2"))
    yield "a route too much", (*right, *here("ip route add 10.99.0.0/16 dev eth0"))
    yield "an MTU changed", (*right, *here("ip link set eth0 mtu 1400"))
    yield "forwarding switched off", (*right, *here("sysctl -w net.ipv4.ip_forward=0"))
