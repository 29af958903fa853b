import assert from "node:assert/strict";
import test from "node:test";
import { devicesOf } from "../src/export/devices.js";
import { embed } from "../src/export/embed.js";
import { captured, savedWords } from "../src/export/frames.js";
import { pcap, pcapng } from "../src/export/pcap.js";
import { timeline } from "../src/model/timeline.js";
import { walks } from "./walks.js";

const [, walk] = walks().find(([name]) => name === "flannel-vxlan-cross-node");
const frames = captured(timeline(walk));

/** Blocks of a pcapng: [type, body]. */
function* blocks(bytes) {
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length; ) {
    const length = view.getUint32(at + 4, true);
    assert.equal(view.getUint32(at + length - 4, true), length);
    assert.equal(length % 4, 0);
    yield [view.getUint32(at, true), bytes.subarray(at + 8, at + length - 4)];
    at += length;
  }
}

test("a capture has one packet for every crossing of a device", () => {
  assert.ok(frames.length >= 20);
  assert.ok(devicesOf(timeline(walk)).includes("kind-worker:flannel.1"));
  const wire = frames.filter((f) => f.netns === "kind-worker" && f.dev === "eth0");
  assert.deepEqual(
    wire.map((f) => f.bytes.length),
    [148, 148],
  );
});

test("pcapng: a section, one interface for each device, the packets with direction", () => {
  const all = [...blocks(pcapng(frames))];
  const types = all.map(([type]) => type);
  assert.equal(types[0], 0x0a0d0d0a);
  assert.equal(types.filter((t) => t === 1).length, devicesOf(timeline(walk)).length);
  assert.equal(types.filter((t) => t === 6).length, frames.length);
  const names = all
    .filter(([t]) => t === 1)
    .map(([, body]) => new TextDecoder().decode(body.subarray(12, 12 + body[10])));
  assert.deepEqual(names, devicesOf(timeline(walk)));
});

test("a walk in which no packet crosses a device has no capture, and says so", () => {
  const stays = { ...walk, traces: [{ ...walk.traces[0], steps: walk.traces[0].steps.slice(0, 2) }] };
  assert.deepEqual(captured(timeline(stays)), []);
  assert.match(savedWords([]), /nothing to save/);
  assert.equal(savedWords(frames), `${frames.length} packets saved`);
  assert.equal(savedWords(frames, 2), `${frames.length} packets of 2 walks saved`);
});

test("pcap: one link type, every byte", () => {
  const own = frames.filter((f) => f.dev === "cni0");
  const bytes = pcap(own, 1);
  const view = new DataView(bytes.buffer);
  assert.equal(view.getUint32(0, true), 0xa1b23c4d);
  assert.equal(bytes.length, 24 + own.reduce((n, f) => n + 16 + f.bytes.length, 0));
});

test("an embed snippet cannot break out of its attributes", () => {
  const text = embed(
    {
      plugin: 'x"><script>',
      mode: "m",
      scenario: "s",
      proto: "icmp",
      size: 56,
      df: true,
      cold: false,
      fault: null,
    },
    3,
    "https://host/",
  );
  assert.ok(!text.includes("<script>") && text.includes('step="3"') && text.includes(" df"));
});
