import assert from "node:assert/strict";
import { test } from "node:test";
import { byHeader, sum, told } from "../src/tools/sums.js";
import { answerTo, turns, weigh } from "../src/tools/weigh.js";

const header = (name, bytes) => ({ name, bytes, layer: "ip", behind: false });
const stretch = (start, pod, fits, carrier, ...overhead) => ({
  start,
  pod,
  fits,
  carrier,
  overhead,
  whole: "{size} do not fit into {fits}",
  cut: "a cuts it.",
});
const mode = {
  plugin: "Weave Net",
  mode: "fast",
  far: false,
  stretches: [
    stretch(576, [1376, 0], [514, 1], "slow", header("IPv4", 20), header("record", 42)),
    stretch(1426, [1376, 0], [1376, 0], "fast", header("IPv4", 20), header("UDP", 30)),
  ],
};

test("a sum follows the line of its stretch, and the next stretch begins at its own byte", () => {
  assert.equal(sum(mode, 1425).fits, 1363);
  assert.equal(sum(mode, 1426).fits, 1376);
  assert.equal(sum(mode, 1500).ping, 1348);
  assert.equal(sum(mode, 1400).whole, "1339 do not fit into 1338");
  assert.equal(sum(mode, 1500).frame, 14 + 50 + 1376);
  assert.equal(sum({ ...mode, far: true }, 1500).frame, 14 + 1376);
});

test("the words say what is carried by whom and what is left over", () => {
  assert.match(told(mode, sum(mode, 1400)), /MTU of 1376, but only 1338 bytes .* slow carries the packets/);
  assert.equal(told(mode, sum(mode, 1500)), "Weave Net fast over 1500 bytes: the pods have an MTU of 1376.");
  assert.equal(byHeader(sum(mode, 1400)), "1400 − 20 IPv4 − 42 record = 1338");
  assert.match(byHeader(sum(mode, 1500)), /− 74 that the plugin leaves unused = 1376$/);
});

const reasons = ["no", "if", "plus"].map((is) => ({ is, why: is, see: "page.html" }));
const [NO, IF, PLUS] = [0, 1, 2];
const answer = (id, ...judges) => ({ id, say: id, judges });
const data = {
  modes: ["a", "b", "c"].map((key, k) => ({ key, name: key, title: key, rank: k, bytes: 10 - k })),
  questions: [
    { id: "wire", ask: "?", answers: [answer("open", null, null, null), answer("far", NO, null, null)] },
    { id: "team", ask: "?", answers: [answer("open", null, null, IF), answer("few", IF, null, PLUS)] },
  ],
  reasons,
};
const names = (list) => list.map(({ mode: { key } }) => key).join("");

test("what is ruled out is not offered, a reason lifts, a condition lowers, the simpler comes first", () => {
  assert.equal(names(weigh(data, {}).fits), "abc");
  assert.equal(names(weigh(data, { wire: "far" }).fits), "bc");
  assert.equal(names(weigh(data, { wire: "far" }).out), "a");
  assert.equal(names(weigh(data, { team: "few" }).fits), "cba");
  const equals = { ...data, modes: data.modes.map((m) => ({ ...m, rank: 0 })) };
  assert.equal(names(weigh(equals, {}).fits)[0], "b");
});

test("the first answer stands where none is given; a single other answer may lead elsewhere", () => {
  assert.equal(answerTo(data.questions[0], {}).id, "open");
  assert.equal(answerTo(data.questions[0], { wire: "nonsense" }).id, "open");
  assert.deepEqual(
    turns(data, {}).map(({ answer: { id }, mode: { key } }) => id + key),
    ["farb", "fewc"],
  );
});
