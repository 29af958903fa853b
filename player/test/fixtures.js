/** Hand-made walks in the shape of the walk JSON, for shapes no golden walk covers. */

import { leg, M1, M2, SIDE1, SIDE2 } from "./fixtures/leg.js";
import { MAC, PLACES } from "./fixtures/places.js";
import { flow, ping, Recorder, walkOf } from "./fixtures/recorder.js";
import { entryOf } from "./fixtures/tables.js";
import { arp, eth, ip, stack, udp, vxlan } from "./make-headers.js";

export function crossNode(size = 56) {
  const c = { next: 0 };
  const q = leg(
    new Recorder(c, "request", flow("10.244.1.2", "10.244.2.2", "ping a to b")),
    SIDE1,
    SIDE2,
    [8, "10.244.1.2", "10.244.2.2"],
    M1,
    { size },
  ).end("delivered");
  const r = leg(
    new Recorder(c, "reply", flow("10.244.2.2", "10.244.1.2", "answer b to a")),
    SIDE2,
    SIDE1,
    [0, "10.244.2.2", "10.244.1.2"],
    M2,
    { size },
  ).end("delivered");
  return walkOf(
    "cross-node",
    "A ping from pod a to pod b on the other node",
    [q, r],
    [PLACES.a, PLACES.n1, PLACES.n2, PLACES.b],
  );
}

export function dropped() {
  const rec = leg(
    new Recorder({ next: 0 }, "request", flow("10.244.1.2", "10.244.2.2", "ping a to b")),
    SIDE1,
    SIDE2,
    [8, "10.244.1.2", "10.244.2.2"],
    M1,
    { drop: "No entry for b6:f2:f0:ae:7f:0a in flannel.1's forwarding table: it has nowhere to go." },
  );
  return walkOf("cross-node", "A missing FDB entry", [rec.end("dropped")], [PLACES.a, PLACES.n1], {
    options: { proto: "icmp", size: 56, df: false, ttl: 64, cold: false, fault: "no-fdb" },
  });
}

export function sameNode() {
  const c = { next: 0 };
  const frames = [
    stack(
      eth("ff:ff:ff:ff:ff:ff", MAC.a, 0x0806),
      arp(1, MAC.a, "10.244.1.2", "00:00:00:00:00:00", "10.244.1.3"),
    ),
    stack(eth(MAC.a, MAC.a2, 0x0806), arp(2, MAC.a2, "10.244.1.3", MAC.a, "10.244.1.2")),
  ];
  const { a, a2, n1 } = PLACES;
  const q = new Recorder(c, "request", flow("10.244.1.2", "10.244.1.3", "ping a to a2"));
  const l3 = ping(8, "10.244.1.2", "10.244.1.3", 64);
  const l2 = stack(eth(MAC.a2, MAC.a), ...l3);
  q.step(a, null, "originate", { after: stack(...l3), why: "ping asks the kernel to send." }).step(
    a,
    null,
    "route",
    { entry: entryOf("ra", 2, "bridge plugin"), why: "Same subnet: no gateway needed." },
  );
  const h = new Recorder(
    c,
    "arp",
    flow("10.244.1.2", "10.244.1.3", "who has 10.244.1.3?"),
    frames[0],
    [0, 1],
  );
  h.step(a, "eth0", "originate", {
    after: frames[0],
    why: "The MAC address is unknown: the kernel asks for it.",
  })
    .step(a, "eth0", "egress")
    .step(n1, "vethe2e0722a", "ingress")
    .step(n1, "cni0", "fdb", { why: "A broadcast: the bridge floods it." })
    .step(n1, "veth51a0c1d2", "egress")
    .step(a2, "eth0", "ingress")
    .step(a2, "eth0", "deliver", { why: "That is me." });
  const r = new Recorder(
    c,
    "arp",
    flow("10.244.1.3", "10.244.1.2", "10.244.1.3 is at ..."),
    frames[1],
    [1, 6],
  );
  r.step(a2, "eth0", "originate", { after: frames[1] })
    .step(a2, "eth0", "egress")
    .step(n1, "veth51a0c1d2", "ingress")
    .step(n1, "cni0", "fdb")
    .step(n1, "vethe2e0722a", "egress")
    .step(a, "eth0", "ingress")
    .step(a, "eth0", "deliver");
  q.step(a, "eth0", "neigh", { after: l2, why: "Now the MAC address is known." })
    .step(a, "eth0", "egress")
    .step(n1, "vethe2e0722a", "ingress")
    .step(n1, "cni0", "fdb", { why: "The bridge has learned where that MAC address lives." })
    .step(n1, "veth51a0c1d2", "egress")
    .step(a2, "eth0", "ingress")
    .step(a2, null, "deliver", { after: stack(...l3) });
  return walkOf(
    "same-node",
    "A ping from pod a to pod a2 on the same node",
    [q.end("delivered"), h.end("delivered"), r.end("delivered")],
    [a, n1, a2],
  );
}

export function throughRouter() {
  const c = { next: 0 };
  const { a, n1, rt, x } = PLACES;
  const l3 = (src, ttl) => ping(8, src, "203.0.113.9", ttl);
  const q = new Recorder(c, "request", flow("10.244.1.2", "203.0.113.9", "ping a to the internet"));
  q.step(a, null, "originate", { after: stack(...l3("10.244.1.2", 64)) })
    .step(a, "eth0", "egress", { after: stack(eth(MAC.gw1, MAC.a), ...l3("10.244.1.2", 64)) })
    .step(n1, "vethe2e0722a", "ingress")
    .step(n1, "cni0", "ingress")
    .step(n1, null, "route", { entry: entryOf("r1", 0, "kubeadm") })
    .step(n1, null, "forward", { after: stack(eth(MAC.gw1, MAC.a), ...l3("10.244.1.2", 63)) })
    .step(n1, null, "nat", {
      hook: "POSTROUTING",
      after: stack(eth(MAC.gw1, MAC.a), ...l3("172.18.0.3", 63)),
      why: "MASQUERADE: the node puts its own address as source.",
    })
    .step(n1, "eth0", "egress", { after: stack(eth(MAC.rt, MAC.n1), ...l3("172.18.0.3", 63)) })
    .step(rt, "eth0", "ingress")
    .step(rt, null, "route")
    .step(rt, null, "forward", { after: stack(eth(MAC.rt, MAC.n1), ...l3("172.18.0.3", 62)) })
    .step(rt, "eth1", "egress", { after: stack(eth(MAC.x, "02:42:cb:00:71:01"), ...l3("172.18.0.3", 62)) })
    .step(x, "eth0", "ingress")
    .step(x, null, "deliver", { after: stack(...l3("172.18.0.3", 62)) });
  return walkOf("internet", "A ping from pod a to a host outside", [q.end("delivered")], [a, n1, rt, x]);
}

/** Relay: node 1 -> node 3 -> node 2, the middle one unwraps and wraps again. */
export function relayed() {
  const c = { next: 0 };
  const { a, n1, n2, b } = PLACES;
  const n3 = {
    ...n1,
    netns: "kind-control-plane",
    node: "kind-control-plane",
    label: "kind-control-plane",
    address: "172.18.0.2",
  };
  const inner = (ttl) => [eth(MAC.fl2, MAC.fl1), ...ping(8, "10.244.1.2", "10.244.2.2", ttl)];
  const wrap = (src, dst) =>
    stack(eth(MAC.n2, MAC.n1), ip(src, dst, 17), udp(45212, 8472), vxlan(1), ...inner(63));
  const q = new Recorder(c, "request", flow("10.244.1.2", "10.244.2.2", "ping a to b, relayed"));
  q.step(a, null, "originate", { after: stack(...ping(8, "10.244.1.2", "10.244.2.2", 64)) })
    .step(a, "eth0", "egress", {
      after: stack(eth(MAC.gw1, MAC.a), ...ping(8, "10.244.1.2", "10.244.2.2", 64)),
    })
    .step(n1, "vethe2e0722a", "ingress")
    .step(n1, null, "route")
    .step(n1, "flannel.1", "encap", { after: wrap("172.18.0.3", "172.18.0.2") })
    .step(n1, "eth0", "egress")
    .step(n3, "eth0", "ingress")
    .step(n3, "flannel.1", "decap", { after: stack(...inner(63)) })
    .step(n3, null, "route")
    .step(n3, "flannel.1", "encap", { after: wrap("172.18.0.2", "172.18.0.4") })
    .step(n3, "eth0", "egress")
    .step(n2, "eth0", "ingress")
    .step(n2, "flannel.1", "decap", { after: stack(...inner(62)) })
    .step(n2, null, "route")
    .step(n2, "vethff5f1464", "egress")
    .step(b, "eth0", "ingress")
    .step(b, null, "deliver", { after: stack(...ping(8, "10.244.1.2", "10.244.2.2", 62)) });
  return walkOf("relay", "A ping relayed by a third node", [q.end("delivered")], [a, n1, n3, n2, b]);
}

export const ALL = { crossNode, dropped, sameNode, throughRouter, relayed };
