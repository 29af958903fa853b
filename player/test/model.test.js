import assert from "node:assert/strict";
import test from "node:test";
import { fieldAt, hexRows, packetBytes, spans } from "../src/model/bytes.js";
import { envelopes, morph, rims } from "../src/model/envelope.js";
import { changes, depth, innerStart, partners, roles, sizeOf, untouched } from "../src/model/stack.js";
import { foldable, timeline, waiting } from "../src/model/timeline.js";
import { measure } from "../src/panels/meter.js";
import { walks } from "./walks.js";

const ALL = walks();
const headers = (...protos) =>
  protos.map((proto) => ({ proto, size: { eth: 14, ip: 20, udp: 8, vxlan: 8, icmp: 8, data: 56 }[proto] }));
const PLAIN = headers("eth", "ip", "icmp", "data");
const WRAPPED = headers("eth", "ip", "udp", "vxlan", "eth", "ip", "icmp", "data");

test("the pod's own headers keep their layer, wrapped or not", () => {
  assert.deepEqual(roles(PLAIN), ["inner-eth", "inner-ip", "icmp", "data"]);
  assert.deepEqual(roles(WRAPPED), ["eth", "ip", "udp", "vxlan", "inner-eth", "inner-ip", "icmp", "data"]);
  assert.deepEqual(roles(headers("eth", "ip", "ip", "icmp")), ["eth", "ip", "inner-ip", "icmp"]);
  assert.equal(innerStart(WRAPPED), 4);
  assert.equal(depth(WRAPPED), 2);
});

test("headers are paired from the inside out", () => {
  assert.deepEqual(partners(PLAIN, WRAPPED), [-1, -1, -1, -1, 0, 1, 2, 3]);
  assert.deepEqual(partners(WRAPPED, PLAIN), [4, 5, 6, 7]);
  assert.deepEqual(partners(headers("ip", "icmp", "data"), headers("ip", "data")), [0, 2]);
  const sealed = [
    { proto: "ip", size: 20 },
    { proto: "udp", size: 8 },
    { proto: "wg", size: 16 },
    { proto: "wg-payload", size: 112 },
  ];
  assert.deepEqual(
    partners(headers("ip", "icmp", "data"), sealed),
    [-1, -1, -1, -1],
    "what is sealed is not the header outside",
  );
  assert.equal(depth(sealed), 2);
  const was = [{ proto: "ip", size: 20, "ip.ttl": 64, "ip.src": "a" }];
  const now = [{ ...was[0], "ip.ttl": 63 }];
  assert.deepEqual([...changes(was, now)[0].changed], ["ip.ttl"]);
});

test("the timeline holds every step once, in the order of seq", () => {
  for (const [name, walk] of ALL) {
    const line = timeline(walk);
    const seq = line.moments.map((m) => m.step.seq);
    assert.equal(
      line.moments.length,
      walk.traces.reduce((n, t) => n + t.steps.length, 0),
      name,
    );
    assert.deepEqual(
      seq,
      [...seq].sort((a, b) => a - b),
      name,
    );
    assert.equal(
      line.hops.reduce((n, h) => n + h.to - h.from + 1, 0),
      seq.length,
      name,
    );
    for (const m of line.moments)
      if (foldable(m.step)) assert.ok(untouched(m.step) && m.step.event === "hook");
  }
});

test("a packet that waits for an ARP answer is known to wait", () => {
  const [, cold] = ALL.find(([name]) => name === "flannel-cold");
  const line = timeline(cold);
  const asks = line.moments.find((m) => cold.traces[m.trace].name === "arp");
  assert.equal(waiting(line, asks.i)[0][0], 0);
  assert.deepEqual(waiting(line, line.moments.length - 1), []);
});

test("widths are in proportion to bytes", () => {
  for (const stack of [PLAIN, WRAPPED]) {
    const { w, boxes } = envelopes(stack, 2);
    assert.equal(w, sizeOf(stack) * 2 + rims(stack));
    for (const [i, b] of boxes.entries()) {
      assert.equal(b.strip, stack[i].size * 2);
      if (i > 0) assert.equal(b.x, boxes[i - 1].x + boxes[i - 1].strip);
    }
  }
});

test("wrapping begins and ends exactly", () => {
  const open = morph(PLAIN, WRAPPED, 2, 0);
  const shut = morph(PLAIN, WRAPPED, 2, 1);
  assert.deepEqual(shut.boxes, envelopes(WRAPPED, 2).boxes);
  assert.deepEqual(
    open.boxes.map((b) => b.opacity),
    [0, 0, 0, 0, 1, 1, 1, 1],
  );
  const middle = morph(PLAIN, WRAPPED, 2, 0.5)
    .boxes.slice(0, 4)
    .map((b) => b.opacity);
  assert.ok(middle[3] > middle[0], "the innermost new header closes first");
});

test("every byte belongs to a field, and a field to its bytes", () => {
  for (const [name, walk] of ALL)
    for (const { steps } of walk.traces) {
      const { after: stack } = steps[0];
      const places = spans(stack, walk.layouts);
      assert.equal(packetBytes(stack).length, sizeOf(stack) * 2, name);
      if (!walk.title.startsWith("Flannel")) continue;
      // an ICMP error has bytes without a name
      const unused = stack.findIndex((h) => h.proto === "icmp" && ![0, 8].includes(h["icmp.type"]));
      for (let byte = 0; unused < 0 && byte < sizeOf(stack); byte++)
        assert.ok(fieldAt(places, byte), `${name}: byte ${byte}`);
      assert.equal(
        hexRows(stack, 16, null)
          .map((r) => r.runs.map((run) => run.text.replaceAll(" ", "")).join(""))
          .join(""),
        packetBytes(stack),
      );
    }
});

test("what does not fit is measured", () => {
  const step = { event: "egress", before: WRAPPED, after: WRAPPED, dev: "eth0", mtu: 100 };
  const m = measure(step, { event: "fragment" });
  assert.deepEqual([m.size, m.over, m.spare, m.then], [134, 34, 50, "it is cut into fragments"]);
  assert.equal(
    m.parts.reduce((n, p) => n + p.size, 0),
    134,
  );
});
