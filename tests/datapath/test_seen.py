"""What Linux was seen to do: the model says it, and the running kernel does it still."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import pytest

from tests.datapath import seen
from tests.datapath.as_the_kernel import Seen

CASES: dict[str, Seen] = {
    f"{subject.name}: {name}": case
    for subject in pkgutil.iter_modules(seen.__path__)
    for name, case in import_module(f"{seen.__name__}.{subject.name}").CASES.items()
}


@pytest.mark.parametrize("name", CASES)
def test_the_model_says_what_the_kernel_showed(name: str) -> None:
    assert CASES[name].modelled() == CASES[name].came


@pytest.mark.kernel("ipset")
@pytest.mark.parametrize("name", CASES)
def test_model_and_kernel_agree(name: str) -> None:
    CASES[name].agrees()
