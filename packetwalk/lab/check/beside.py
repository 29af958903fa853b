"""A lab's own modules: the files beside its notebook, read by their path."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from packetwalk.errors import BadInput


def module(path: Path | str, what: str) -> ModuleType:
    """Read a module of a lab; ``what`` says what it holds. BadInput where it is not there."""
    file = Path(path)
    if not file.is_file():
        raise BadInput(what, str(file), [f"run the notebook in its own folder, beside {file.name}"])
    spec = importlib.util.spec_from_file_location(f"{file.resolve().parent.name}.{file.stem}", file)
    assert spec is not None and spec.loader is not None
    read = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(read)
    return read


def functions(of: ModuleType, prefix: str) -> dict[str, Callable]:
    """Return the functions of a module whose names begin with ``prefix``, by what follows it."""
    return {
        name.removeprefix(prefix): each
        for name, each in vars(of).items()
        if name.startswith(prefix) and callable(each)
    }
