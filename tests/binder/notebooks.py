"""Run every lab's solution in a kernel of another environment: ``python -m tests.binder.notebooks COPY PYTHON``.

The notebooks of COPY run where they lie; PYTHON is the interpreter that has only Binder's packages.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

PATIENCE = 120  # seconds for a cell
NOT_YET = "not yet."  # how a check says that a step is not done


def wrong(notebook: Path, kernel: str = "python3") -> str:
    """Run one notebook; return what is wrong with it, or nothing."""
    loaded = nbformat.read(notebook, as_version=4)
    where = {"metadata": {"path": str(notebook.parent)}}
    try:
        NotebookClient(loaded, timeout=PATIENCE, kernel_name=kernel, resources=where).execute()
    except CellExecutionError as error:
        return str(error)
    texts = [output.get("text", "") for cell in loaded.cells for output in cell.get("outputs", [])]
    return next((text for text in texts if NOT_YET in text), "")


def main(copy: Path, python: str) -> int:
    """Return 1 when there is no lab, or one of them does not run to its end."""
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder) / "kernels" / "binder"
        spec.mkdir(parents=True)
        argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=ERROR"]
        (spec / "kernel.json").write_text(
            json.dumps({"argv": argv, "display_name": "Binder", "language": "python"})
        )
        os.environ["JUPYTER_PATH"] = folder
        notebooks = sorted(copy.glob("labs/*/solution.ipynb"))
        found = {notebook.parent.name: wrong(notebook, "binder") for notebook in notebooks}
    for name, text in found.items():
        print(f"{name}: {text or 'done'}")
    print(f"{sum(not text for text in found.values())} of {len(found)} labs run with Binder's packages")
    return int(not found or any(found.values()))


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), sys.argv[2]))
