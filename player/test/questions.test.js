import assert from "node:assert/strict";
import { test } from "node:test";
import { timeline } from "../src/model/timeline.js";
import { nextGuess } from "../src/questions/guess.js";
import { answerOf, complete, isRight, proof, several, toggle } from "../src/questions/judge.js";
import { walks } from "./walks.js";

const steps = ["first", "second", "third"].map((where, at) => ({ at, where, why: "because" }));
const number = { kind: "number", label: "TTL?", right: 62, unit: "hops", shows: 1, steps };
const one = { kind: "choice", label: "Which?", right: [1], options: ["a", "b", "c"], shows: 0, steps };
const two = { ...one, right: [0, 2], refutes: [0, 2, null], shows: 1 };
const order = { ...one, kind: "order", right: [2, 0, 1], refutes: [0, 1, 2], shows: 2 };

test("a number is judged by its value, whatever stands around it", () => {
  assert.ok(complete(number, " 62 ") && isRight(number, " 62 "));
  assert.ok(!isRight(number, "63"));
  for (const nothing of ["", "six", "6.2", "-1"]) assert.ok(!complete(number, nothing));
  assert.equal(answerOf(number), "62 hops");
});

test("of several right options all must be chosen, and no other, in any order", () => {
  assert.ok(isRight(two, [2, 0]));
  assert.ok(!isRight(two, [0]) && !isRight(two, [0, 1, 2]));
  assert.ok(isRight(one, [1]) && !isRight(one, [0]));
  assert.equal(answerOf(two), "a; c");
});

test("an order is right only as a whole", () => {
  assert.ok(!complete(order, [2, 0]));
  assert.ok(isRight(order, [2, 0, 1]) && !isRight(order, [0, 1, 2]));
  assert.equal(answerOf(order), "c → a → b");
});

test("what was chosen is taken back when it is pressed again; one option takes another's place", () => {
  assert.deepEqual(toggle(one, [0], 1), [1]);
  assert.deepEqual(toggle(two, [0], 2), [0, 2]);
  assert.deepEqual(toggle(order, [2, 0], 2), [0]);
  assert.ok(several(order) && several(two) && !several(one));
});

test("the step that a wrong option brings refutes it, else the one that proves what is right", () => {
  assert.equal(proof(two, [0, 1]).where, "third");
  assert.equal(proof(two, [0]).where, "second");
  assert.equal(proof(one, [2]).where, "first");
  assert.equal(proof(order, [2, 1, 0]).where, "second");
  assert.equal(proof(number, "63").where, "second");
  assert.equal(proof({ ...two, shows: undefined }).where, "first");
  assert.equal(proof({ ...two, shows: undefined, refutes: [null, null, 2] }, [1]).where, "third");
  assert.equal(proof({ kind: "number", label: "Nodes?", right: 3 }), null);
});

test("of any walk the player asks what its steps decide, with an answer that is right", () => {
  let asked = 0;
  for (const [name, walk] of walks()) {
    const line = timeline(walk);
    for (let i = 0; ; asked++) {
      const next = nextGuess(walk, line, i);
      if (!next) break;
      const { part, at } = next;
      assert.ok(at > i, name);
      i = at;
      const given = Array.isArray(part.right) ? part.right : String(part.right);
      assert.ok(complete(part, given) && isRight(part, given), `${name}: step ${at}`);
      assert.equal(proof(part, given).at, at);
      const { step } = line.moments[at];
      if (part.kind === "line") {
        assert.equal(part.options[part.right[0]], step.entry.line.trim(), `${name}: step ${at}`);
        assert.ok(!part.options.some((each) => each === "}" || each.endsWith("{")), `${name}: step ${at}`);
      } else assert.ok([step.size, step.after.findLast((h) => h["ip.ttl"])?.["ip.ttl"]].includes(part.right));
    }
  }
  assert.ok(asked > 1000, `${asked} questions`);
});
