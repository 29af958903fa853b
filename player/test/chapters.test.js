import assert from "node:assert/strict";
import { test } from "node:test";
import { chapters, nextStop } from "../src/model/chapters.js";
import { foldable, lasts, timeline } from "../src/model/timeline.js";
import { ALL } from "./fixtures.js";
import { walks } from "./walks.js";

/** A quick reader's 300 words a minute. */
const A_WORD = 200;
const reading = ({ why }) => (why ?? "").split(/\s+/).length * A_WORD;

test("a play takes no longer than reading what it shows, in any walk", () => {
  for (const [name, walk] of walks()) {
    if (name in ALL) continue; // their sentences are a word or two
    const { moments } = timeline(walk);
    const shown = moments.filter(({ step }) => !foldable(step));
    const played = moments.reduce((all, { step }) => all + lasts(step), 0);
    const read = shown.reduce((all, { step }) => all + reading(step), 0);
    assert.ok(played <= read, `${name}: plays ${played} ms, is read in ${read} ms`);
  }
});

test("every lookup of the first packet, and all that changes any, is a chapter with a name, in order", () => {
  for (const [name, walk] of walks()) {
    const line = timeline(walk);
    const list = chapters(line);
    assert.deepEqual(
      list.map(({ at }) => at),
      list.map(({ at }) => at).sort((a, b) => a - b),
    );
    for (const { i, trace, step } of line.moments) {
      const own = list.find(({ at }) => at === i);
      if (["encap", "decap", "nat", "drop"].includes(step.event)) assert.ok(own?.stop, `${name} ${i}`);
      if (step.event === "route") assert.equal(own?.stop, trace === 0, `${name} ${i}`);
      if (["ingress", "egress"].includes(step.event)) assert.equal(own, undefined);
      if (own) assert.ok(own.name && own.netns === step.netns);
    }
  }
});

test("stops are met one after the other, and then the walk runs to its end", () => {
  const [, walk] = walks().find(([name]) => name === "flannel-vxlan-cross-node");
  const list = chapters(timeline(walk));
  const met = [];
  for (let at = nextStop(list, 0); at !== null; at = nextStop(list, at)) met.push(at);
  assert.deepEqual(
    met,
    list.filter(({ stop }) => stop).map(({ at }) => at),
  );
  assert.ok(met.length > 12 && met.length < list.length);
});
