"""Questions as a package of QTI 2.1, which learning platforms read: an item each, and a manifest that lists them.

Form: IMS Question and Test Interoperability 2.1 (items) in IMS Content Packaging 1.1 (manifest). A choice, a line and a
place are choices, an order an order, a number an entry of text; an answer is worth 1, or 0, and is told what proves it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

ITEM, CONTENT = "http://www.imsglobal.org/xsd/imsqti_v2p1", "http://www.imsglobal.org/xsd/imscp_v1p1"
MANIFEST, SORT = "imsmanifest.xml", "imsqti_item_xmlv2p1"
RESPONSE, SCORE, FEEDBACK, TOLD = "RESPONSE", "SCORE", "FEEDBACK", "told"


class QtiItem(NamedTuple):
    """A question as its page's element holds it (``part``), with a name of its own and the title of its page."""

    name: str
    title: str
    part: Mapping[str, Any]


def files(items: Sequence[QtiItem]) -> dict[str, bytes]:
    """Return the files of the package by name, the manifest among them; the same each time."""
    made = {f"items/{each.name}.xml": _written(_item(each), ITEM) for each in items}
    return {MANIFEST: _written(_manifest([*made]), CONTENT), **made}


def _written(root: Element, namespace: str) -> bytes:
    root.set("xmlns", namespace)
    ElementTree.indent(root)
    return ElementTree.tostring(root, "utf-8", xml_declaration=True) + b"\n"


def _manifest(names: Sequence[str]) -> Element:
    root = Element("manifest", identifier="packet-walk")
    metadata = SubElement(root, "metadata")
    SubElement(metadata, "schema").text = "QTIv2.1 Package"
    SubElement(metadata, "schemaversion").text = "1.0.0"
    SubElement(root, "organizations")
    resources = SubElement(root, "resources")
    for name in names:
        made = SubElement(resources, "resource", identifier=name[6:-4], type=SORT, href=name)
        SubElement(made, "file", href=name)
    return root


def _item(item: QtiItem) -> Element:
    part = item.part
    kind, right = part["kind"], part["right"]
    answers = [str(right)] if kind == "number" else [f"o{at}" for at in right]
    cardinality = "ordered" if kind == "order" else "multiple" if len(answers) > 1 else "single"
    # several ticks are asked for by every choice: how many are right is for the learner to find
    cardinality = "multiple" if kind == "choice" else cardinality
    root = Element(
        "assessmentItem", identifier=item.name, title=item.title, adaptive="false", timeDependent="false"
    )
    base = "integer" if kind == "number" else "identifier"
    declared = SubElement(
        root, "responseDeclaration", identifier=RESPONSE, cardinality=cardinality, baseType=base
    )
    correct = SubElement(declared, "correctResponse")
    for answer in answers:
        SubElement(correct, "value").text = answer
    for name, sort in ((SCORE, "float"), (FEEDBACK, "identifier")):
        SubElement(root, "outcomeDeclaration", identifier=name, cardinality="single", baseType=sort)
    _body(root, part, cardinality)
    _processing(root, [f"o{at}" for at in part.get("also", ())])
    told = SubElement(root, "modalFeedback", outcomeIdentifier=FEEDBACK, identifier=TOLD, showHide="show")
    told.text = proof(part)
    return root


def _body(root: Element, part: Mapping[str, Any], cardinality: str) -> None:
    body = SubElement(root, "itemBody")
    if part["kind"] == "number":
        asked = SubElement(body, "p")
        asked.text = f"{part['label']} "
        SubElement(asked, "textEntryInteraction", responseIdentifier=RESPONSE, expectedLength="8").tail = (
            f" {part['unit']}" if part.get("unit") else None
        )
        return
    if part.get("heading"):
        SubElement(SubElement(body, "p"), "code").text = part["heading"]
    told = {"responseIdentifier": RESPONSE, "shuffle": "false"}
    if cardinality == "ordered":
        asked = SubElement(body, "orderInteraction", told)
    else:
        asked = SubElement(
            body, "choiceInteraction", told | {"maxChoices": "0" if cardinality == "multiple" else "1"}
        )
    SubElement(asked, "prompt").text = part["label"]
    for at, option in enumerate(part["options"]):
        SubElement(asked, "simpleChoice", identifier=f"o{at}").text = option


def _processing(root: Element, also: Sequence[str]) -> None:
    """Say that the right answer, or one of those that are as right, is worth 1 and any other 0; what proves it is told."""
    condition = SubElement(SubElement(root, "responseProcessing"), "responseCondition")
    matched, other = SubElement(condition, "responseIf"), SubElement(condition, "responseElse")
    held = SubElement(matched, "or") if also else matched
    match = SubElement(held, "match")
    SubElement(match, "variable", identifier=RESPONSE)
    SubElement(match, "correct", identifier=RESPONSE)
    for each in also:
        match = SubElement(held, "match")
        SubElement(match, "variable", identifier=RESPONSE)
        SubElement(match, "baseValue", baseType="identifier").text = each
    for branch, worth in ((matched, "1"), (other, "0")):
        for name, sort, value in ((SCORE, "float", worth), (FEEDBACK, "identifier", TOLD)):
            SubElement(
                SubElement(branch, "setOutcomeValue", identifier=name), "baseValue", baseType=sort
            ).text = value


def proof(part: Mapping[str, Any]) -> str:
    """Return what proves the right answer, in words; the answer itself where nothing is shown."""
    right = part["right"]
    words = str(right) if part["kind"] == "number" else "; ".join(part["options"][at] for at in right)
    steps = part.get("steps", ())
    first = next((at for at in (part.get("shows"), *_brought(part)) if at is not None), None)
    if first is None or not steps:
        return f"Right is: {words}"
    shown = steps[first]
    return " ".join(
        filter(None, [f"Right is: {words}.", f"{shown['where']}:", shown["why"], shown.get("line", "")])
    )


def _brought(part: Mapping[str, Any]) -> list[int | None]:
    """Return the steps that the true options bring."""
    refutes = part.get("refutes")
    return [refutes[at] for at in part["right"]] if refutes and part["kind"] != "number" else []
