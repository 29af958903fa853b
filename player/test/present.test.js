import assert from "node:assert/strict";
import test from "node:test";
import { layout } from "../src/layout/layout.js";
import { timeline } from "../src/model/timeline.js";
import { fit, letters } from "../src/present/fit.js";
import { asked } from "../src/present/keys.js";
import { back, forward } from "../src/slides/pace.js";
import { walks } from "./walks.js";

const SCREENS = [
  [1920, 700],
  [1280, 470],
  [1024, 460],
  [390, 430],
];

const SOME = 12;

test("walks fit every screen, and would not fit it one step larger", () => {
  for (const [name, walk] of walks().filter((_, k) => k % SOME === 0)) {
    const line = timeline(walk);
    const heightAt = (width) => layout(walk, line, width - 26).height;
    for (const [width, height] of SCREENS) {
      const found = fit(heightAt, width, height);
      const at = `${name} at ${width} x ${height}: ${found.scale}`;
      assert.ok(found.width * found.scale <= width, at);
      if (found.scale > 0.5) assert.ok(found.height * found.scale <= height, at);
      const larger = found.scale + 0.05;
      if (found.scale < 4) assert.ok(heightAt(Math.floor(width / larger)) * larger > height, at);
    }
  }
});

test("a room that nothing fits gets the smallest picture", () => {
  assert.deepEqual(
    fit(() => 10_000, 1000, 100),
    { scale: 0.5, width: 2000, height: 10_000 },
  );
});

test("letters are the largest that fit, between the least and the most", () => {
  assert.equal(
    letters((size) => size <= 21, 13, 40),
    21,
  );
  assert.equal(
    letters(() => true, 13, 40),
    40,
  );
  assert.equal(
    letters(() => false, 13, 40),
    13,
  );
});

test("keys: a clicker's, a reader's, and those that are left to others", () => {
  const key = (name, more = {}) => asked({ key: name, ...more });
  assert.deepEqual(
    [" ", "PageDown", "PageUp", "D", "f", "Escape"].map((each) => key(each)),
    ["toggle", "next", "back", "dark", "full", "leave"],
  );
  assert.equal(key("f", { ctrlKey: true }), null);
  assert.equal(key(" ", { onButton: true }), null);
  assert.equal(key("Tab"), null);
});

test("one key of a deck: play, be there, say that there is no more; and back", () => {
  const done = [];
  const playback = { end: 9, goal: 4, play: () => done.push("play"), go: (i) => done.push(i) };
  const walk = { i: 0, playing: false, chapters: [{ at: 2 }, { at: 4 }], playback };
  assert.equal(forward(walk), true);
  assert.equal(forward({ ...walk, playing: true }), true);
  assert.equal(forward({ ...walk, i: 9 }), false);
  assert.equal(forward(null), false);
  assert.equal(back({ ...walk, i: 4 }), true);
  assert.equal(back({ ...walk, i: 1 }), true);
  assert.equal(back(walk), false);
  assert.deepEqual(done, ["play", 4, 2, 0]);
});
