"""``traceroute`` where a rule of the machine itself lets no probe out: as traceroute 2.1.2 printed it."""

from __future__ import annotations

import pytest

from packetwalk.proof.draws import network
from packetwalk.shell import Shell, State

REFUSED = """traceroute to 10.244.0.2 (10.244.0.2), 2 hops max, 60 byte packets
send: Operation not permitted
"""


@pytest.mark.parametrize(("proto", "option"), [("udp", "-n"), ("icmp", "-I"), ("tcp", "-T")])
def test_a_probe_that_a_rule_refuses_ends_it(proto: str, option: str) -> None:
    state = State(network("flannel", "vxlan", "flat"))
    shell = Shell(state, "a")
    assert shell.run(f"iptables -A OUTPUT -p {proto} -j DROP".split()).code == 0
    said = shell.run(f"traceroute {option} -n -q 1 -m 2 10.244.0.2".split())
    assert (str(said), said.code) == (REFUSED, 1)
