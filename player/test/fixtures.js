/** Hand-made walks in the shape of the walk JSON, for shapes no golden walk covers. */
import { LAYOUTS, arp, data, eth, icmp, ip, stack, udp, vxlan } from "./make-headers.js";

const MAC = {
  a: "0a:58:0a:f4:01:02",
  gw1: "0a:58:0a:f4:01:01",
  a2: "0a:58:0a:f4:01:03",
  fl1: "3e:3b:e6:e3:00:01",
  fl2: "b6:f2:f0:ae:7f:0a",
  gw2: "0a:58:0a:f4:02:01",
  b: "0a:58:0a:f4:02:02",
  n1: "02:42:ac:12:00:03",
  n2: "02:42:ac:12:00:04",
  rt: "02:42:ac:12:00:01",
  x: "02:42:cb:00:71:09",
};

const dev = (name, kind, mtu, mac, addresses = [], master = null) => ({
  name,
  kind,
  mtu,
  mac,
  addresses,
  master,
});
export const PLACES = {
  a: {
    netns: "a",
    node: "kind-worker",
    kind: "pod",
    label: "pod a",
    address: "10.244.1.2",
    devices: [dev("eth0", "veth", 1450, MAC.a, ["10.244.1.2/24"])],
  },
  a2: {
    netns: "a2",
    node: "kind-worker",
    kind: "pod",
    label: "pod a2",
    address: "10.244.1.3",
    devices: [dev("eth0", "veth", 1450, MAC.a2, ["10.244.1.3/24"])],
  },
  n1: {
    netns: "kind-worker",
    node: "kind-worker",
    kind: "node",
    label: "kind-worker",
    address: "172.18.0.3",
    devices: [
      dev("vethe2e0722a", "veth", 1450, null, [], "cni0"),
      dev("veth51a0c1d2", "veth", 1450, null, [], "cni0"),
      dev("cni0", "bridge", 1450, MAC.gw1, ["10.244.1.1/24"]),
      dev("flannel.1", "vxlan", 1450, MAC.fl1, ["10.244.1.0/32"]),
      dev("eth0", "eth", 1500, MAC.n1, ["172.18.0.3/16"]),
    ],
  },
  n2: {
    netns: "kind-worker2",
    node: "kind-worker2",
    kind: "node",
    label: "kind-worker2",
    address: "172.18.0.4",
    devices: [
      dev("vethff5f1464", "veth", 1450, null, [], "cni0"),
      dev("cni0", "bridge", 1450, MAC.gw2, ["10.244.2.1/24"]),
      dev("flannel.1", "vxlan", 1450, MAC.fl2, ["10.244.2.0/32"]),
      dev("eth0", "eth", 1500, MAC.n2, ["172.18.0.4/16"]),
    ],
  },
  b: {
    netns: "b",
    node: "kind-worker2",
    kind: "pod",
    label: "pod b",
    address: "10.244.2.2",
    devices: [dev("eth0", "veth", 1450, MAC.b, ["10.244.2.2/24"])],
  },
  rt: {
    netns: "router",
    node: "router",
    kind: "router",
    label: "router",
    address: "172.18.0.1",
    devices: [
      dev("eth0", "eth", 1500, MAC.rt, ["172.18.0.1/16"]),
      dev("eth1", "eth", 1500, null, ["203.0.113.1/24"]),
    ],
  },
  x: {
    netns: "internet",
    node: "internet",
    kind: "outside",
    label: "internet host",
    address: "203.0.113.9",
    devices: [dev("eth0", "eth", 1500, MAC.x, ["203.0.113.9/24"])],
  },
};

const TABLES = {
  r1: {
    netns: "kind-worker",
    kind: "route",
    command: "ip route",
    lines: [
      "default via 172.18.0.1 dev eth0",
      "10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink",
      "10.244.1.0/24 dev cni0 proto kernel scope link src 10.244.1.1",
      "10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink",
      "172.18.0.0/16 dev eth0 proto kernel scope link src 172.18.0.3",
    ],
  },
  f1: {
    netns: "kind-worker",
    kind: "fdb",
    command: "bridge fdb show dev flannel.1",
    lines: [
      "1a:5e:22:90:c1:30 dst 172.18.0.2 self permanent",
      "b6:f2:f0:ae:7f:0a dst 172.18.0.4 self permanent",
    ],
  },
  n1: {
    netns: "kind-worker",
    kind: "neigh",
    command: "ip neigh show dev flannel.1",
    lines: ["10.244.0.0 lladdr 1a:5e:22:90:c1:30 PERMANENT", "10.244.2.0 lladdr b6:f2:f0:ae:7f:0a PERMANENT"],
  },
  ra: {
    netns: "a",
    kind: "route",
    command: "ip route",
    lines: [
      "default via 10.244.1.1 dev eth0",
      "10.244.0.0/16 via 10.244.1.1 dev eth0",
      "10.244.1.0/24 dev eth0 proto kernel scope link src 10.244.1.2",
    ],
  },
  r2: {
    netns: "kind-worker2",
    kind: "route",
    command: "ip route",
    lines: [
      "default via 172.18.0.1 dev eth0",
      "10.244.2.0/24 dev cni0 proto kernel scope link src 10.244.2.1",
      "172.18.0.0/16 dev eth0 proto kernel scope link src 172.18.0.4",
    ],
  },
};
const entryOf = (id, index, by, source = null) => ({
  table: TABLES[id].kind,
  line: TABLES[id].lines[index],
  id,
  index,
  by,
  source,
});

/** One trace under construction: keeps the stack and the sequence counter. */
class Recorder {
  constructor(counter, name, flow, first, cause = null) {
    this.counter = counter;
    this.stack = first;
    this.trace = { source: "model", name, flow, disposition: "delivered", cause, steps: [] };
  }
  step(
    place,
    device,
    event,
    { after = this.stack, hook = null, entry = null, why = "", evidence = "computed" } = {},
  ) {
    const before = event === "originate" ? after : this.stack;
    const size = (event === "drop" ? before : after).reduce((n, h) => n + h.size, 0);
    const mtu = place.devices.find((d) => d.name === device)?.mtu ?? null;
    this.trace.steps.push({
      seq: this.counter.next++,
      node: place.node,
      netns: place.netns,
      dev: device,
      event,
      hook,
      before,
      after,
      entry,
      evidence,
      why,
      source: null,
      size,
      mtu,
    });
    this.stack = after;
    return this;
  }
  end(disposition) {
    this.trace.disposition = disposition;
    return this.trace;
  }
}

const walkOf = (scenario, title, traces, places, extra = {}) => ({
  version: 1,
  plugin: "flannel",
  mode: "vxlan",
  scenario,
  title,
  holds_for: "Flannel v0.28.9",
  summary: title,
  disposition: traces[0].disposition,
  options: { proto: "icmp", size: 56, df: false, ttl: 64, cold: false, fault: null },
  traces,
  topology: places,
  tables: TABLES,
  layouts: LAYOUTS,
  ...extra,
});
const ping = (type, src, dst, ttl, size = 56) => [ip(src, dst, 1, ttl), icmp(type), data(size)];

function leg(rec, P, Q, inner, macs, { drop = null, size = 56 } = {}) {
  const [type, src, dst] = inner;
  const l3 = (ttl) => ping(type, src, dst, ttl, size);
  const outer = [
    ip(P.node.address, Q.node.address, 17, 64),
    udp(45212, 8472),
    vxlan(1),
    eth(macs.flB, macs.flA),
    ...l3(63),
  ];
  rec
    .step(P.pod, null, "originate", {
      after: stack(...l3(64)),
      why: `ping in pod ${P.pod.netns} asks its kernel to send an echo ${type ? "request" : "reply"}.`,
    })
    .step(P.pod, null, "route", {
      entry: entryOf("ra", 1, "bridge plugin"),
      why: "The pod's route to the pod network leads to its gateway, the bridge.",
    })
    .step(P.pod, null, "hook", { hook: "OUTPUT", why: "Nothing matches here." })
    .step(P.pod, "eth0", "neigh", {
      after: stack(eth(macs.gwA, macs.podA), ...l3(64)),
      why: "The gateway's MAC address is known.",
    })
    .step(P.pod, "eth0", "egress", { why: "The frame leaves the pod." })
    .step(P.node, P.veth, "ingress", {
      why: "The frame comes out of the other end of the veth pair, a port of cni0.",
    })
    .step(P.node, "cni0", "ingress", {
      why: "The frame is addressed to the bridge itself: it goes up to the IP layer.",
    })
    .step(P.node, null, "hook", { hook: "PREROUTING", why: "Nothing matches here." })
    .step(P.node, null, "route", {
      entry: entryOf("r1", 3, "flanneld", "pkg/backend/vxlan/vxlan_network.go"),
      why: "10.244.2.0/24 is the other node's pod range; flanneld's route leads to flannel.1.",
    })
    .step(P.node, null, "forward", {
      after: stack(eth(macs.gwA, macs.podA), ...l3(63)),
      why: "Forwarding lowers the TTL from 64 to 63.",
    })
    .step(P.node, null, "hook", {
      hook: "FORWARD",
      why: "FLANNEL-FWD accepts what comes from the pod network.",
      entry: {
        table: "iptables",
        line: "-A FLANNEL-FWD -s 10.244.0.0/16 -j ACCEPT",
        id: null,
        index: null,
        by: "flanneld",
        source: "pkg/trafficmngr/iptables/iptables.go",
      },
    })
    .step(P.node, null, "hook", { hook: "POSTROUTING", why: "Nothing matches here." })
    .step(P.node, "flannel.1", "neigh", {
      after: stack(eth(macs.flB, macs.flA), ...l3(63)),
      entry: entryOf("n1", 1, "flanneld", "pkg/backend/vxlan/vxlan_network.go"),
      why: "The next hop 10.244.2.0 is the other flannel.1; its MAC address is a permanent entry.",
    });
  if (drop) return rec.step(P.node, "flannel.1", "drop", { why: drop });
  return rec
    .step(P.node, "flannel.1", "encap", {
      after: stack(...outer),
      entry: entryOf("f1", 1, "flanneld", "pkg/backend/vxlan/vxlan_network.go"),
      evidence: "looked_up",
      why: "The inner frame is addressed to the other flannel.1. The table names the node to send it to, so the frame is wrapped in VXLAN, UDP and IP for 172.18.0.4.",
    })
    .step(P.node, null, "route", {
      entry: entryOf("r1", 4, "kernel"),
      why: "The other node is in the same subnet: straight out of eth0.",
    })
    .step(P.node, null, "hook", { hook: "OUTPUT", why: "Nothing matches here." })
    .step(P.node, "eth0", "neigh", {
      after: stack(eth(macs.nB, macs.nA), ...outer),
      why: "The node's MAC address is known.",
    })
    .step(P.node, "eth0", "egress", { why: "The wrapped frame leaves the node." })
    .step(Q.node, "eth0", "ingress", { why: "The wrapped frame arrives." })
    .step(Q.node, null, "hook", { hook: "PREROUTING", after: stack(...outer), why: "Nothing matches here." })
    .step(Q.node, null, "route", {
      entry: entryOf("r2", 2, "kernel"),
      why: "The outer address is the node's own: deliver locally.",
    })
    .step(Q.node, null, "hook", { hook: "INPUT", why: "Nothing matches here." })
    .step(Q.node, "flannel.1", "decap", {
      after: stack(eth(macs.flB, macs.flA), ...l3(63)),
      why: "UDP port 8472, VNI 1: flannel.1 takes the wrapping off.",
    })
    .step(Q.node, null, "route", {
      entry: entryOf("r2", 1, "bridge plugin"),
      why: "The pod's range is behind cni0.",
    })
    .step(Q.node, null, "forward", {
      after: stack(eth(macs.flB, macs.flA), ...l3(62)),
      why: "Forwarding lowers the TTL from 63 to 62.",
    })
    .step(Q.node, "cni0", "egress", {
      after: stack(eth(macs.podB, macs.gwB), ...l3(62)),
      why: "The bridge knows the pod's port.",
    })
    .step(Q.node, Q.veth, "egress", { why: "Down the veth pair." })
    .step(Q.pod, "eth0", "ingress", { why: "The frame enters the pod." })
    .step(Q.pod, null, "deliver", { after: stack(...l3(62)), why: "The echo is for this pod." });
}

const SIDE1 = { pod: PLACES.a, node: PLACES.n1, veth: "vethe2e0722a" };
const SIDE2 = { pod: PLACES.b, node: PLACES.n2, veth: "vethff5f1464" };
const M1 = {
  podA: MAC.a,
  gwA: MAC.gw1,
  flA: MAC.fl1,
  nA: MAC.n1,
  podB: MAC.b,
  gwB: MAC.gw2,
  flB: MAC.fl2,
  nB: MAC.n2,
};
const M2 = {
  podA: MAC.b,
  gwA: MAC.gw2,
  flA: MAC.fl2,
  nA: MAC.n2,
  podB: MAC.a,
  gwB: MAC.gw1,
  flB: MAC.fl1,
  nB: MAC.n1,
};
const flow = (src, dst, label) => ({ src, dst, proto: "icmp", sport: null, dport: null, label });

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
    {
      drop: "No entry for b6:f2:f0:ae:7f:0a in the forwarding table of flannel.1: the frame has nowhere to go.",
    },
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
