"""One packet in words: both directions, what decided in each, and why nothing else did."""

from __future__ import annotations

from typing import Any, NamedTuple

from packetwalk.errors import BadInput
from packetwalk.policy.attempt import Attempt
from packetwalk.policy.endpoints import HostPoint, Workload
from packetwalk.policy.estate import Estate
from packetwalk.policy.judging import NORMAL, Ruling, judge
from packetwalk.policy.queries import question, travelled

MOST = 40
"""Policies and rules that are told one by one; the others are counted."""


class Explanation(NamedTuple):
    """A packet, whether it is let through, and every ruling on its way; its text is what people read."""

    asked: Attempt
    allowed: bool
    rulings: tuple[Ruling, ...]
    where: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON: the verdict, and each ruling with what did not decide."""
        told = [
            {
                "endpoint": each.endpoint,
                "direction": each.direction,
                "verdict": "allow" if each.allowed else "deny",
            }
            | {"tier": each.tier or None, "policy": ", ".join(map(str, each.policies)) or None}
            | {"rule": each.rule.number if each.rule else None, "says": each.said, "where": where or None}
            | {"others": list(each.others)}
            for each, where in zip(self.rulings, self.where, strict=True)
        ]
        return {"asked": str(self.asked), "verdict": "allow" if self.allowed else "deny", "rulings": told}

    def __repr__(self) -> str:
        lines = [f"{self.asked}: {'allowed' if self.allowed else 'denied'}"]
        if not self.rulings:
            lines.append("  nobody judges it: it meets no endpoint with policies")
        for ruling, where in zip(self.rulings, self.where, strict=True):
            verdict = "allow" if ruling.allowed else "deny"
            lines.append(f"  {ruling.direction} of {ruling.endpoint}: {verdict}")
            lines.append(f"    decided by: {ruling.said}{f' ({where})' if where else ''}")
            lines += [f"    before it: {other}" for other in ruling.others[:MOST]]
            if len(ruling.others) > MOST:
                lines.append(f"    before it: {len(ruling.others) - MOST} more")
        return "\n".join(lines)


def explain(
    estate: Estate, source: str, destination: str, protocol: str | int = "TCP", port: int | str = 80
) -> Explanation:
    """Tell of a packet; an end is ``NAMESPACE/POD``, a pod's name, an address, ``node:NAME`` or ``service:NAMESPACE/NAME``."""
    asked, target = question(
        estate,
        {"src": end(estate, source), "dst": end(estate, destination), "protocol": protocol, "port": port},
    )
    journey = travelled(estate, asked, target, _told)
    where = tuple(
        estate.where(each.policies[0]) if each.rule and each.policies else "" for each in journey.rulings
    )
    return Explanation(asked, journey.open, tuple(journey.rulings), where)


def _told(
    estate: Estate, endpoint: Workload | HostPoint, direction: str, asked: Attempt, stage: str = NORMAL
) -> Ruling | None:
    """Judge, and tell of the policies that do not select the endpoint, too."""
    ruling = judge(estate, endpoint, direction, asked, stage, told=True)
    if ruling is None or stage != NORMAL:
        return ruling
    silent = [
        f"{each}: {why}" for each in estate.policies if (why := estate.passes_over(each, endpoint, direction))
    ]
    return ruling._replace(others=(*ruling.others, *silent))


def end(estate: Estate, text: str) -> dict[str, str]:
    """Read an end of a packet as people write it."""
    kind, colon, name = text.partition(":")
    if colon and kind in ("node", "service"):
        return {kind: name}
    namespace, slash, pod = text.partition("/")
    if slash:
        return {"ns": namespace, "pod": pod}
    if text.replace(".", "").isdecimal() or ":" in text:
        return {"ip": text}
    known = [each for each in estate.workloads if each.name == text]
    if len(known) != 1:
        found = [str(each) for each in known or estate.workloads]
        raise BadInput("pod", text, [*found[:8], *(["..."] if len(found) > 8 else [])])
    return {"ns": known[0].namespace, "pod": known[0].name}
