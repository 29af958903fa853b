"""Checked claims: each is complete, its links lead somewhere, and the pages count as the file does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from packetwalk.errors import BadInput
from packetwalk.widgets.claims import VERDICTS, Claims
from tests import ROOT

BOOK = ROOT / "book"
DATA = BOOK / "data" / "claims.yaml"
CLAIMS = Claims(DATA)
PLUGINS = ["Flannel", "Calico", "Weave Net"]


def page_text(name: str) -> str:
    """Return all Markdown of a page."""
    notebook = json.loads((BOOK / f"{name}.ipynb").read_text())
    return "\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")


@pytest.mark.parametrize("claim", list(CLAIMS), ids=lambda claim: claim.id)
def test_claim_is_complete(claim) -> None:
    assert claim.verdict in VERDICTS
    assert len(claim.claim) > 10 and len(claim.why) > 20
    assert claim.claim.endswith(".") and claim.why.rstrip(")").endswith(".")
    assert claim.evidence
    for text, address in claim.evidence:
        assert text and (not address or address.startswith("https://"))
    for page, title in claim.see:
        assert title and any((BOOK / f"{page}{suffix}").is_file() for suffix in (".ipynb", ".md")), page


def test_names_are_unique() -> None:
    assert len({claim.id for claim in CLAIMS}) == len(CLAIMS)


def test_evidence_names_its_source_once_and_for_all() -> None:
    """A key that is not among the sources would be shown as it stands."""
    for claim in CLAIMS:
        for text, address in claim.evidence:
            assert address, f"{claim.id}: {text}"


def test_sources_have_versions() -> None:
    sources = yaml.safe_load(DATA.read_text())["sources"]
    for key, (text, address) in sources.items():
        assert "{}" in text and "{}" in address
        assert key == "k8s" or re.search(r"v?\d+\.\d+|\b[0-9a-f]{7,8}\b", text), key


def test_the_page_says_how_many() -> None:
    assert f"into {len(CLAIMS)} claims" in page_text("checked-claims")


def test_the_page_shows_every_part() -> None:
    notebook = json.loads((BOOK / "checked-claims.ipynb").read_text())
    code = "\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code")
    assert re.findall(r'claims\.part\("(\w+)"\)', code) == list(CLAIMS.titles)


def test_counts_agree_with_the_claims() -> None:
    counted = CLAIMS.counts().frame
    for name, part in zip([*CLAIMS.titles], counted.index, strict=False):
        for verdict in VERDICTS:
            expected = sum(claim.part == name and claim.verdict == verdict for claim in CLAIMS)
            assert counted.loc[part, verdict] == expected
    assert counted.loc["Together", "Together"] == len(CLAIMS)


def test_the_table_has_all_its_cells() -> None:
    cells = [(claim.row, claim.plugin) for claim in CLAIMS if claim.part == "table"]
    rows = list(dict.fromkeys(row for row, _ in cells))
    assert cells == [(row, plugin) for row in rows for plugin in PLUGINS]
    assert len(rows) == 7
    shown = CLAIMS.comparison()
    assert list(shown.frame.columns) == PLUGINS and list(shown.frame.index) == rows
    assert all(claim.corrected for claim in CLAIMS if claim.row)


def test_lists_number_on() -> None:
    """A hidden item must not change the numbers of those after it: each carries its own."""
    html = "".join(CLAIMS.part(name)._repr_html_() for name in CLAIMS.titles)
    items = re.findall(r'<li id="([^"]+)" value="(\d+)"', html)
    assert items == [(f"claim-{claim.id}", str(claim.number)) for claim in CLAIMS]
    assert [claim.number for claim in CLAIMS] == list(range(1, len(CLAIMS) + 1))


@pytest.mark.parametrize("change", [{"verdict": "perhaps"}, {"why": ""}, {"evidence": []}])
def test_half_a_claim_is_refused(change: dict, tmp_path: Path) -> None:
    claim = {
        "id": "x",
        "claim": "It is.",
        "verdict": "true",
        "why": "Because.",
        "evidence": ["words"],
        **change,
    }
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump({"sources": {}, "parts": [{"id": "p", "title": "P", "claims": [claim]}]}))
    with pytest.raises(BadInput):
        Claims(path)
