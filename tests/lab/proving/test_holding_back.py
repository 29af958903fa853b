"""How long a lab waits until the kernel tells a sender again."""

from __future__ import annotations

import pytest

from packetwalk.datapath.run import Run
from packetwalk.lab.proving.holding_back import ERROR_COST, REDIRECT_LOAD, HoldingBack
from packetwalk.shell import Shell, State
from tests.datapath.found import read


def sent(text: str) -> Run:
    """Return what the model says of the packet of a case."""
    case = read(text)
    state = State(case.network())
    for command in case.commands:
        assert Shell(state, command.netns).run(command.argv).code == 0
    (trial,) = case.trials
    return state.network.send(trial.src, trial.dst, trial.packet)


HEAD = "packetwalk flannel host-gw, flat underlay\n"
LOST = sent(f"{HEAD} router# ip route add prohibit 203.0.113.9\n udp from a to internet")
REDIRECTED = sent(
    f"{HEAD} kind-worker# ip route add 172.18.0.2 via 172.18.0.1 dev eth0\n udp from kind-worker to kind-control-plane"
)
OWN = sent(f"{HEAD} a# ip route add prohibit 203.0.113.9\n udp from a to internet")
ANSWERED = sent(f"{HEAD} udp from a to a2")
REDIRECTED_THEN_LOST = sent(
    f"{HEAD} router# ip route add prohibit 203.0.113.9\n udp from kind-worker to internet"
)


@pytest.mark.parametrize(
    ("runs", "waits"),
    [
        ([LOST] * 7, [0] * 5 + [ERROR_COST] * 2),
        ([REDIRECTED] * 3, [REDIRECT_LOAD * 2, REDIRECT_LOAD * 4, REDIRECT_LOAD * 8]),
        ([REDIRECTED, REDIRECTED_THEN_LOST], [REDIRECT_LOAD * 2, ERROR_COST]),  # a redirect takes the five
        ([OWN] * 7, [0] * 7),  # a program is told at once
        ([ANSWERED, None] * 4, [0] * 8),
    ],
    ids=["five, then one a second", "twice as long each time", "both in one", "own", "nothing to tell"],
)
def test_a_packet_waits_until_its_sender_is_told(runs: list[Run | None], waits: list[float]) -> None:
    holding = HoldingBack()
    assert [holding.until(run) for run in runs] == pytest.approx(waits)
