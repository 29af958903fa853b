"""ESP in transport mode, by xfrm: what a policy selects leaves encrypted and is decrypted on arrival.

Mirrors ``xfrm_output`` (after POSTROUTING of the clear packet the encrypted one goes through OUTPUT and
POSTROUTING anew) and ``xfrm_input`` with ``xfrm4_transport_finish`` (the decrypted packet is received once
more: PREROUTING, route, INPUT).  Marks stay, connections are forgotten.
"""

from __future__ import annotations

from packetwalk import wire
from packetwalk.datapath import hooks, ip, xfrm
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run, Skb
from packetwalk.tables.xfrm import STATES
from packetwalk.wire.esp import PROTOCOL as ESP
from packetwalk.wire.esp import UDP, Esp, EspPayload, sealed

KIND, LAYER2, PROTOCOL = "esp", False, ESP


def transform(run: Run, ns: Netns, skb: Skb, dev: str) -> bool:
    """Encrypt a packet that a policy selects; False when a rule drops the encrypted one."""
    policy = xfrm.policy(ns, skb.tuple, skb.mark)
    assert policy is not None
    at, before = skb.at, wire.size(skb.stack)
    header, inner = skb.ip, skb.stack[at + 1 :]
    run.counters[ns.name, policy.spi] += 1
    count = run.counters[ns.name, policy.spi]
    outer = header._replace(protocol=ESP), Esp(policy.spi, count, count), sealed(inner)
    skb.hold((*skb.stack[:at], *outer), at)
    skb.forget()
    run.emit(ns, skb, "encap", dev, policy, ("esp-out", f"{policy.spi:#x}", wire.size(skb.stack) - before))
    return hooks.hook(run, ns, skb, "OUTPUT", None, dev)


def receive(run: Run, ns: Netns, skb: Skb, dev: str) -> bool:
    """Decrypt a packet that there is a security association for and receive what was inside."""
    at = skb.at
    header, payload = skb.stack[at + 1], skb.stack[at + 2]
    if not isinstance(header, Esp):
        return False
    state = next((s for s in ns.entries(STATES) if (s.dst, s.spi) == (skb.ip.dst, header.spi)), None)
    if state is None or not isinstance(payload, EspPayload):
        run.drop(ns, skb, dev, state, ("esp-unknown", f"{header.spi:#x}"))
        return True
    before = wire.size(skb.stack)
    skb.hold((*skb.stack[:at], skb.ip._replace(protocol=UDP), *payload.inner), at)
    skb.forget()
    run.emit(ns, skb, "decap", dev, state, ("esp-in", f"{header.spi:#x}", before - wire.size(skb.stack)))
    ip.receive(run, ns, skb, dev)
    return True


def send(run: Run, ns: Netns, skb: Skb, device: object) -> None:
    """Fail: no device is of this kind."""
    raise AssertionError(f"{ns.name}: ESP is no device ({device}, {skb.flight.name}, {run.client})")
