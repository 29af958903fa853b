"""What a lab asks before it shows: in the page's box, and by a call in any notebook."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from packetwalk.errors import BadInput
from packetwalk.lab.check.beside import functions, module
from packetwalk.lab.check.prediction import FILE, PREFIX, predict
from packetwalk.widgets.questions import Question
from tests.refresh_labs import solutions

LABS = [pytest.param(path, id=path.parent.name) for path in solutions()]
CALL = re.compile(r'^lab\.predict\("(\w+)"\)$')


def steps(path: Path) -> list[str]:
    """Return the steps that a lab's predictions are for, in their order."""
    return list(functions(module(path.with_name(FILE), "predictions"), PREFIX))


def asked(path: Path, step: str) -> tuple[Question, ...]:
    prediction = predict(step, path=path.with_name(FILE))
    assert prediction is not None
    return prediction.parts


def rightly(part: Question) -> int | list[int]:
    """Return the right answer as a learner types it."""
    return part.right if isinstance(part.right, int) else [at + 1 for at in part.right]


def wrongly(part: Question) -> int | list[int]:
    """Return an answer that is not right: another number, something false, half of what is true."""
    if isinstance(part.right, int):
        return part.right + 1
    false = [at + 1 for at in range(len(part.options)) if at not in part.right]
    return false[:1] or [part.right[0] + 1]


@pytest.mark.parametrize("path", LABS)
def test_every_prediction_is_the_last_of_its_cell_and_asks(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    calls = []
    for at, cell in enumerate(cells):
        if ":::{predict}" in cell.source:
            assert cell.source.count(":::{predict}") == 1 and cell.source.rstrip().endswith(":::")
            found = CALL.match(cells[at + 1].source)
            assert found, f"no cell asks: {cell.source}"
            assert cells[at + 1].metadata.tags == ["remove-input"]
            calls.append(found[1])
    assert calls == steps(path)


@pytest.mark.parametrize("path", LABS)
def test_each_takes_a_right_and_a_wrong_answer_and_shows_why(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for step in steps(path):
        parts = asked(path, step)
        predict(step, *map(rightly, parts), path=path.with_name(FILE))  # type: ignore[arg-type]
        said = capsys.readouterr().out
        assert said.count("Right: ") == len(parts) and "Not so" not in said
        predict(step, *map(wrongly, parts), path=path.with_name(FILE))  # type: ignore[arg-type]
        said = capsys.readouterr().out
        assert said.count("Not so.") == len(parts)
        assert len(re.findall(r"^  (?:Step \d+, |No walk shows this; )", said, re.M)) == len(parts)


@pytest.mark.parametrize("path", LABS)
def test_what_a_notebook_shows_asks_and_tells_nothing(path: Path) -> None:
    for step in steps(path):
        prediction = predict(step, path=path.with_name(FILE))
        shown = prediction._repr_html_() if prediction else ""
        plain = shown.partition("<details")[0].partition("</script>")[2]
        assert f"lab.predict(&quot;{step}&quot;, ..." in plain.replace("[...]", "...")
        for part in prediction.parts if prediction else ():
            assert part.label in repr(prediction)
            if part.kind == "number":
                assert not re.search(rf"\b{part.right}\b", plain.replace(part.label, ""))


def test_an_answer_that_cannot_be_one_is_one_line(tmp_path: Path) -> None:
    lab = solutions()[0].with_name(FILE)
    step = steps(lab)[0]
    for wrong in (("99", 1), (step, 64), (step, [1], 62), (step, 64, 62, 1)):
        with pytest.raises(BadInput):
            predict(*wrong, path=lab)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match=r"beside predictions\.py"):
        predict(step, path=tmp_path / FILE)
