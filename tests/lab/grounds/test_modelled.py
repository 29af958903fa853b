"""What the model records: its walk says of cables what a kernel's recording says of them."""

from __future__ import annotations

import pytest

from packetwalk import lab
from packetwalk.capture.recording import COMMANDS
from packetwalk.walks.replay import replay


@pytest.mark.parametrize(
    ("plugin", "mode", "cable"),
    [
        ("flannel", "vxlan", "eth0 in a"),
        ("calico", "ipip", "eth0 in a"),
        ("weave", "sleeve", "vethwe-bridge in kind-worker"),  # both ends in one namespace
    ],
)
def test_a_recorded_frame_comes_out_of_the_other_end_of_its_cable(plugin: str, mode: str, cable: str) -> None:
    with lab.open(plugin, mode, ground="model") as cluster:
        steps = replay(cluster.capture("a", "b")).traces[0].steps
    assert ("crossing", cable) in [step.note for step in steps]


def test_it_has_the_tables_that_every_recording_has() -> None:
    with lab.open("flannel", "vxlan", ground="model") as cluster:
        found = {name for place in cluster.capture("a", "b").places for name in place.files}
    assert found <= COMMANDS.keys()
