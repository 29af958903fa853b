import assert from "node:assert/strict";
import test from "node:test";
import { downwards, merge } from "../src/layout/lanes.js";
import { layout } from "../src/layout/layout.js";
import { roomAt } from "../src/layout/room.js";
import { heightOf } from "../src/model/envelope.js";
import { frame, packetOf } from "../src/model/frame.js";
import { timeline } from "../src/model/timeline.js";
import { walks } from "./walks.js";

const WIDTHS = [312, 480, 600, 720, 900];
const over = (a, b, slack = 0.5) =>
  a.x < b.x + b.w - slack && b.x < a.x + a.w - slack && a.y < b.y + b.h - slack && b.y < a.y + a.h - slack;
const scenes = walks().flatMap(([name, walk]) =>
  WIDTHS.map((width) => {
    const line = timeline(walk);
    return { name: `${name} at ${width}`, walk, line, layout: layout(walk, line, width) };
  }),
);

test("every station has its own place inside the diagram", () => {
  for (const { name, line, layout: out } of scenes) {
    const all = [...out.stations.values()];
    for (const m of line.moments) assert.ok(out.stations.has(m.station), `${name}: ${m.station}`);
    for (const [i, s] of all.entries()) {
      assert.ok(
        s.x >= 0 && s.x + s.w <= out.width && s.y >= 0 && s.y + s.h <= out.height,
        `${name}: ${s.id} sticks out`,
      );
      for (const other of all.slice(i + 1)) assert.ok(!over(s, other), `${name}: ${s.id} covers ${other.id}`);
    }
    for (const [i, lane] of out.lanes.entries())
      for (const other of out.lanes.slice(i + 1))
        assert.ok(!over(lane, other), `${name}: ${lane.node} covers ${other.node}`);
  }
});

test("nothing stands under what is nearer to the wire", () => {
  for (const { name, walk, layout: out } of scenes.filter((s) => s.layout.kind === "wide"))
    for (const place of walk.topology.filter((p) => p.kind === "node")) {
      const own = [...out.stations.values()].filter((s) => s.id.startsWith(`${place.netns}|`));
      const called = (s) => s.id.slice(place.netns.length + 1);
      const cards = own.filter((s) => place.devices.some((d) => d.name === called(s) && d.kind === "eth"));
      const wraps = own.filter((s) => /^#ip\d/.test(called(s)));
      for (const card of cards)
        for (const s of own)
          if (!cards.includes(s)) assert.ok(s.y < card.y, `${name}: ${s.id} under ${card.id}`);
      for (const wrap of wraps)
        for (const s of own)
          if (![...cards, ...wraps].includes(s)) assert.ok(s.y < wrap.y, `${name}: ${s.id} under ${wrap.id}`);
    }
});

test("a bridge that a pod's packet comes to first stands above the IP layer", () => {
  const service = scenes.filter((s) => /^flannel-.*service at/.test(s.name) && s.layout.kind === "wide");
  assert.ok(service.length);
  for (const { name, layout: out } of service) {
    const [bridge, ip] = ["cni0", "#ip"].map((id) => out.stations.get(`kind-worker|${id}`));
    assert.ok(bridge.y < ip.y, name);
  }
});

test("the packet never hides a label and never leaves the diagram", () => {
  for (const { name, line, layout: out } of scenes) {
    for (let t = 0; t <= line.moments.length - 1; t += 0.25) {
      const { packet } = frame({ line, layout: out }, t);
      for (const s of out.stations.values())
        assert.ok(!over(packet, s), `${name} t=${t}: the packet covers ${s.id}`);
      assert.ok(
        packet.x >= 0 &&
          packet.x + packet.w <= out.width + 1 &&
          packet.y >= 0 &&
          packet.y + packet.h <= out.height,
        `${name} t=${t}: the packet sticks out`,
      );
    }
  }
});

test("a frame depends on its time alone", () => {
  const { line, layout: out } = scenes[0];
  const last = line.moments.length - 1;
  const forward = [0, 3.3, 17.5, last].map((t) => frame({ line, layout: out }, t));
  const backward = [last, 17.5, 3.3, 0].map((t) => frame({ line, layout: out }, t)).reverse();
  assert.deepEqual(forward, backward);
  assert.deepEqual(frame({ line, layout: out }, -5), forward[0]);
  assert.deepEqual(
    frame({ line, layout: out }, Infinity),
    frame({ line, layout: out }, NaN) && frame({ line, layout: out }, 0),
  );
});

test("at a whole number the packet is where the step left it", () => {
  for (const { line, layout: out } of scenes)
    for (const m of line.moments) {
      const f = frame({ line, layout: out }, m.i);
      const s = out.stations.get(m.station);
      assert.ok(Math.hypot(f.dot.x - s.ax, f.dot.y - s.ay) < 1e-6 && f.moment.i === m.i);
    }
});

test("two nodes: down the sending one, up the receiving one, the wire at the bottom", () => {
  const { layout: out } = scenes.find((s) => s.name === "flannel-vxlan-cross-node at 720");
  const y = (id) => out.stations.get(id).y;
  for (const [node, pod] of [
    ["kind-worker", "a"],
    ["kind-worker2", "b"],
  ]) {
    const order = [
      `${pod}|eth0`,
      `${node}|cni0`,
      `${node}|#ip`,
      `${node}|flannel.1`,
      `${node}|#ip2`,
      `${node}|eth0`,
    ].map(y);
    assert.deepEqual(
      order,
      [...order].sort((a, b) => a - b),
    );
  }
  assert.equal(y("kind-worker|eth0"), y("kind-worker2|eth0"));
  assert.deepEqual(
    out.lanes.map((l) => l.node),
    ["kind-worker", "kind-worker2"],
  );
});

test("one node, two pods: one lane; a narrow screen: one column", () => {
  const same = scenes.find((s) => s.name === "flannel-vxlan-same-node at 720").layout;
  assert.equal(same.lanes.length, 1);
  assert.ok(
    same.stations.get("a|eth0").x < same.zone.left && same.stations.get("a2|eth0").x > same.zone.right,
  );
  const narrow = scenes.find((s) => s.name === "flannel-vxlan-cross-node at 312").layout;
  assert.equal(new Set([...narrow.stations.values()].map((s) => s.x)).size, 1);
});

test("a router stands between its subnets, its two ports side by side", () => {
  const { stations, lanes } = scenes.find((s) => s.name === "flannel-vxlan-cross-subnet at 720").layout;
  const router = lanes.find((l) => l.kind === "router");
  const [first, last] = [lanes[0], lanes.find((l) => l.node === "kind-worker2")];
  assert.ok(first.x < router.x && router.x < last.x);
  const ports = [...stations.values()].filter((s) => s.lane === router.node && !s.id.includes("#"));
  assert.equal(new Set(ports.map((p) => p.y)).size, 1);
});

test("a drop is marked where it happened", () => {
  const scene = scenes.find((s) => s.name === "flannel-vxlan-missing-fdb at 720");
  const end = frame(scene, scene.line.moments.length - 1);
  assert.equal(end.end, "drop");
  assert.equal(end.moment.station, "kind-worker|flannel.1");
});

test("orders are merged beside their neighbours", () => {
  assert.deepEqual(merge(["a", "b", "d"], ["b", "c", "d"]), ["a", "b", "c", "d"]);
  assert.deepEqual(merge(["b"], ["a", "b"]), ["a", "b"]);
  assert.deepEqual(downwards({ lane: "n", seq: ["n|1", "n|2"], enters: true, leaves: false }), [
    "n|2",
    "n|1",
  ]);
});

test("a step's words stand beside the packet, in its zone, and touch neither it nor a label", () => {
  let said = 0;
  let all = 0;
  for (const { name, line, layout: out } of scenes)
    for (let i = 0; i < line.moments.length; i += 3) {
      const room = roomAt({ line, layout: out }, i);
      all += 1;
      if (!room) continue;
      said += 1;
      const words = { x: room.left, y: room.top, w: room.right - room.left, h: room.bottom - room.top };
      assert.ok(!over(words, frame({ line, layout: out }, i).packet), `${name}: step ${i}`);
      for (const s of out.stations.values()) assert.ok(!over(words, s), `${name}: ${s.id} at step ${i}`);
    }
  assert.ok(said / all > 0.9, `${said} of ${all} steps have room for words`);
});

test("on a phone no drawing stands in a stage much larger than itself", () => {
  for (const { name, line, layout } of scenes.filter((scene) => scene.layout.kind === "tall")) {
    const drawn = Math.max(...layout.lanes.map((lane) => lane.y + lane.h));
    const largest = Math.max(...line.moments.map(({ step }) => heightOf(packetOf(step))));
    assert.ok(layout.height <= Math.max(drawn + 24, largest + 240), `${name}: ${layout.height} for ${drawn}`);
  }
});
