"""The questions as QTI 2.1: each right answer is worth 1 by its item's own rules, each wrong one 0."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from zipfile import ZipFile

import pytest

from tests import ROOT
from tests.book.questions import all_questions

Q, C = "{http://www.imsglobal.org/xsd/imsqti_v2p1}", "{http://www.imsglobal.org/xsd/imscp_v1p1}"
ORDER = [
    "responseDeclaration",
    "outcomeDeclaration",
    "outcomeDeclaration",
    "itemBody",
    "responseProcessing",
    "modalFeedback",
]
"""The parts of an item, as the schema's sequence has them."""
Response = list[str]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    path = tmp_path_factory.mktemp("qti") / "questions.zip"
    subprocess.run([sys.executable, ROOT / "book" / "qti.py", path], check=True, capture_output=True)
    return ZipFile(path)


@pytest.fixture(scope="module")
def items(package: ZipFile) -> list[Element]:
    manifest = ElementTree.fromstring(package.read("imsmanifest.xml"))
    listed = [each.get("href", "") for each in manifest.iter(f"{C}resource")]
    assert {each.get("type") for each in manifest.iter(f"{C}resource")} == {"imsqti_item_xmlv2p1"}
    assert sorted(package.namelist()) == sorted(["imsmanifest.xml", *listed])
    return [ElementTree.fromstring(package.read(name)) for name in listed]


def value(node: Element, item: Element, given: Response) -> Response:
    """Return what an expression is: a variable, the right answer, a value as it stands."""
    sort = node.tag.removeprefix(Q)
    if sort == "variable":
        return given
    if sort == "correct":
        return [each.text or "" for each in item.iter(f"{Q}value")]
    return [node.text or ""]


def matches(node: Element, item: Element, given: Response) -> bool:
    """Return what a condition is: a match, or one of several."""
    if node.tag == f"{Q}or":
        return any(matches(each, item, given) for each in node)
    declared = item.find(f"{Q}responseDeclaration")
    assert declared is not None
    left, right = (value(each, item, given) for each in node)
    ordered = declared.get("cardinality") != "multiple"
    return left == right if ordered else sorted(left) == sorted(right)


def outcomes(item: Element, given: Response) -> dict[str, str]:
    """Do what an item's responseProcessing says with a response."""
    (condition,) = item.iter(f"{Q}responseCondition")
    first, other = condition
    return {
        each.get("identifier", ""): value(each[0], item, given)[0]
        for each in (first[1:] if matches(first[0], item, given) else other)
    }


def also(item: Element) -> list[str]:
    """Return the options that are as right as the one that is told."""
    return [each.text or "" for each in item.findall(f".//{Q}match/{Q}baseValue")]


def wrong(item: Element, right: Response) -> Iterator[Response]:
    """Yield wrong responses: none, another, too many, another order."""
    choices = [each.get("identifier", "") for each in item.iter(f"{Q}simpleChoice")]
    yield []
    if not choices:
        yield [str(int(right[0]) + 1)]
        return
    yield from ([each] for each in choices if [each] != right and each not in also(item))
    if len(right) > 1:
        yield right[:-1]
    if item.find(f".//{Q}orderInteraction") is not None:
        yield right[::-1]
    elif len(choices) > len(right):
        yield choices


def test_all_questions_of_the_book_is_an_item(items: list[Element]) -> None:
    assert len(items) == len(all_questions())
    assert len({item.get("identifier") for item in items}) == len(items)
    for item in items:
        assert [each.tag.removeprefix(Q) for each in item] == ORDER
        assert "".join(item.find(f"{Q}modalFeedback").itertext()).startswith("Right is:")  # type: ignore[union-attr]


def test_right_answers_are_worth_one_and_wrong_ones_nothing(items: list[Element]) -> None:
    for item in items:
        right = [each.text or "" for each in item.iter(f"{Q}value")]
        assert outcomes(item, right)["SCORE"] == "1", item.get("identifier")
        assert all(outcomes(item, [each])["SCORE"] == "1" for each in also(item))
        for given in wrong(item, right):
            assert outcomes(item, given)["SCORE"] == "0", (item.get("identifier"), given)


def test_each_name_of_the_place_where_a_stack_decides_is_worth_one(items: list[Element]) -> None:
    (item,) = (each for each in items if "Where was that message written?" in "".join(each.itertext()))
    named = {each.get("identifier", ""): "".join(each.itertext()).strip() for each in item.iter(f"{Q}simpleChoice")}
    right = {name for at, name in named.items() if outcomes(item, [at])["SCORE"] == "1"}
    assert right == {"kind-worker, on no device", "kind-worker, cni0"}


def test_what_is_offered_is_what_the_answer_names(items: list[Element]) -> None:
    for item in items:
        choices = {each.get("identifier") for each in item.iter(f"{Q}simpleChoice")}
        right = [each.text for each in item.iter(f"{Q}value")]
        assert right
        assert set(right) <= choices if choices else right[0].lstrip("-").isdigit()  # type: ignore[union-attr]
        assert all("".join(each.itertext()).strip() for each in item.iter(f"{Q}simpleChoice"))


def test_a_folder_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = subprocess.run(
        [sys.executable, ROOT / "book" / "qti.py", tmp_path / "file" / "x.zip"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("qti: ")
