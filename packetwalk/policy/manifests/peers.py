"""What policies of several kinds say in the same words: label selectors, ranges of addresses, ports of protocols."""

from __future__ import annotations

from packetwalk.policy.manifests import wording
from packetwalk.policy.manifests.fields import Given
from packetwalk.policy.rules import AddressRange, Ports
from packetwalk.policy.selector import ALL, Selector, both

OPERATORS = {"In": "in", "NotIn": "not in", "Exists": "has", "DoesNotExist": "!"}
SIGNS = {"==": "=", "in": " in ", "not in": " notin "}


def label_selector(at: Given) -> Selector:
    """Read a label selector; an empty one takes all."""
    at = at.only("matchLabels", "matchExpressions")
    parts = [Selector("==", key, (value,)) for key, value in (at / "matchLabels").labels().items()]
    for each in (at / "matchExpressions").each():
        each.only("key", "operator", "values")
        key, word = (each / "key").worded(wording.label_key), OPERATORS[(each / "operator").one_of(tuple(OPERATORS))]
        values = tuple(value.worded(wording.label_value) for value in (each / "values").each())
        if bool(values) != (word in ("in", "not in")):
            (each / "values").wrong(
                list(values), "values with In and NotIn, none with Exists and DoesNotExist"
            )
        has = Selector("has", key)
        parts.append(Selector("!", parts=(has,)) if word == "!" else Selector(word, key, values))
    return both(*parts) or ALL


def spelt(selector: Selector) -> str:
    """Return a label selector as Kubernetes' library does (``labels.Selector.String``): by key, values sorted."""
    parts = selector.parts if selector.word == "&&" else () if selector.word == "all()" else (selector,)
    return ",".join(map(_requirement, sorted(parts, key=lambda each: next(each.keys()))))


def _requirement(part: Selector) -> str:
    key = next(part.keys())
    if part.word in ("has", "!"):
        return f"!{key}" if part.word == "!" else key
    values = ",".join(sorted(part.values))
    return f"{key}{SIGNS[part.word]}{values if part.word == '==' else f'({values})'}"


def cidr(at: Given, strict: bool = True) -> AddressRange:
    """Read a range of addresses."""
    if strict and "/" not in at.text():
        at.wrong(at.value, "a CIDR, with a / and the length of its prefix")
    valid = "a CIDR, as 10.244.0.0/16" if strict else "a CIDR or an address"
    try:
        found = AddressRange.read(at.text())
        valid = "a CIDR without bits set past its prefix"
        return AddressRange.read(at.text(), strict) if strict else found
    except ValueError:
        at.wrong(at.value, valid)


def ports_by_protocol(found: list[tuple[int | None, Ports | None]]) -> dict[int | None, tuple[Ports, ...]]:
    """Return the ports of each protocol; none where all of them are meant."""
    if not found:
        return {None: ()}
    every = {protocol for protocol, ports in found if ports is None}
    return {
        protocol: ()
        if protocol in every
        else tuple(ports for other, ports in found if other == protocol and ports is not None)
        for protocol, _ in found
    }
