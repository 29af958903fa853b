"""Run every notebook of the book and the labs and write its outputs: `python -m tests.refresh_notebooks [PATH...]`.

The outputs are the same on every machine and every day: no times, no memory addresses, no widget
ids, execution counts from 1, one fixed set of metadata. Labs run on the model. Read the diff afterwards:
it is the change.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from tests import ROOT

FOLDERS = ("book", "labs")
TIMEOUT = 120  # seconds for one cell
MOMENT = "1767225600"  # at which reports say that they were made: 2026-01-01
# A live widget's model exists only in the kernel that made it: a page shows the HTML beside it.
LIVE_ONLY = ("application/vnd.jupyter.widget-view+json", "application/vnd.jupyter.widget-state+json")
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def notebooks() -> list[Path]:
    """Return every notebook of the book and the labs."""
    return sorted(
        path
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.ipynb")
        if ".ipynb_checkpoints" not in path.parts
    )


def normalise(notebook: NotebookNode) -> NotebookNode:
    """Return the notebook without anything that differs from one run to the next."""
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    count = 0
    for position, cell in enumerate(notebook.cells):
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        cell.id = cell_id(position, cell.source)
        if cell.cell_type != "code":
            continue
        count += 1
        cell.execution_count = count
        cell.outputs = [output for output in map(normalise_output, cell.outputs) if output is not None]
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count
    return notebook


def normalise_output(output: NotebookNode) -> NotebookNode | None:
    """Return an output without what lives only in its kernel; None if nothing is left."""
    if output.output_type in ("execute_result", "display_data"):
        for kind in LIVE_ONLY:
            output.data.pop(kind, None)
        output.metadata = nbformat.from_dict({})
        return output if output.data else None
    return output


def cell_id(position: int, source: str) -> str:
    """Return an identifier that depends on the cell only, not on who wrote it and when."""
    return hashlib.sha256(f"{position}:{source}".encode()).hexdigest()[:8]


def refresh(path: Path) -> bool:
    """Run one notebook in its own folder; write it if it changed and say whether it did."""
    before = path.read_text()
    notebook = nbformat.reads(before, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    here = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(
        notebook, kernel_name="python3", timeout=TIMEOUT, resources=here, coalesce_streams=True
    )
    client.extra_arguments = ["--IPKernelApp.log_level=40"]  # errors only
    client.execute()
    after = (
        nbformat.writes(normalise(notebook), version=4, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    )
    if after != before:
        path.write_text(after)
    return after != before


def main() -> None:
    os.environ |= {"PACKETWALK_GROUND": "model", "PACKETWALK_WHO": "learner", "SOURCE_DATE_EPOCH": MOMENT}
    paths = [Path(name).resolve() for name in sys.argv[1:]] or notebooks()
    changed = 0
    for path in paths:
        try:
            written = refresh(path)
        except CellExecutionError as error:
            raise SystemExit(f"{path.relative_to(ROOT)}: {error}") from None
        if written:
            changed += 1
            print(f"changed: {path.relative_to(ROOT)}")
    print(f"{len(paths)} notebooks run, {changed} changed")


if __name__ == "__main__":
    main()
