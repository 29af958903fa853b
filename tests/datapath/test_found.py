"""Each kind of difference that random search has found: model and kernel agree on its simplest case now."""

from __future__ import annotations

import pytest

from packetwalk.lab.proving.search import perform
from tests.datapath.found import came, kinds, read

KINDS = kinds()


@pytest.mark.parametrize("name", KINDS)
def test_the_model_says_what_the_kernel_showed(name: str) -> None:
    assert came(read(KINDS[name]["case"])) == KINDS[name]["came"]


@pytest.mark.kernel("ipset")
@pytest.mark.parametrize("name", KINDS)
def test_model_and_kernel_agree(name: str) -> None:
    outcome = perform(read(KINDS[name]["case"]))
    assert not outcome.difference, f"{outcome.case}\n{outcome.difference}"
    assert not outcome.refused


@pytest.mark.parametrize("name", KINDS)
def test_a_case_is_printed_as_it_is_read(name: str) -> None:
    text = KINDS[name]["case"].strip()
    assert str(read(text)) == text


def test_a_case_with_the_other_form_of_rules_is_printed_as_it_is_read() -> None:
    text = "packetwalk flannel host-gw, flat underlay, nftables\n  tcp-1 from a2 to coredns"
    assert str(read(text)) == text
    assert read(text).network().rules == "nftables"
