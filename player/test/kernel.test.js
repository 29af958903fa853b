/** The line between a page and the guest: jobs go in as files, answers come out as files. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { lacking, ofWalk } from "../src/kernel/able.js";
import { orders } from "../src/kernel/guest.js";
import { Machine } from "../src/kernel/machine.js";
import { verdict } from "../src/kernel/verdict.js";

/** An emulator in which `answers` says what the guest tells of a job. */
function emulator(answers) {
  const files = new Map();
  const listeners = {};
  const told = (text) => listeners["virtio-console0-output-bytes"](new TextEncoder().encode(text));
  return class {
    bus = {
      send: (_, bytes) => {
        const name = new TextDecoder().decode(bytes).trim();
        answers(name, files, told);
      },
    };
    add_listener(name, act) {
      listeners[name] = act;
    }
    create_file(name, data) {
      files.set(name, data);
    }
    read_file(name) {
      return files.get(name);
    }
  };
}

test("a job is done when the guest says so, and its progress is told", async () => {
  const machine = new Machine(
    emulator((name, files, told) => {
      files.set(`/${name}.answer`, new Uint8Array([...files.get(`/${name}`), 7]));
      told("at 3\nat ");
      told(`12\ndone ${name}\n`);
    }),
    {},
  );
  const seen = [];
  const answer = await machine.work("job1", new Uint8Array([1]), (at) => seen.push(at));
  assert.deepEqual([...answer], [1, 7]);
  assert.deepEqual(seen, [3, 12]);
});

test("a job waits for the one before", async () => {
  const told = [];
  const machine = new Machine(
    emulator((name, files, say) => {
      told.push(name);
      files.set(`/${name}.answer`, files.get(`/${name}`));
      setTimeout(() => say(`done ${name}\n`), name === "first" ? 5 : 0);
    }),
    {},
  );
  const first = machine.work("first", new Uint8Array([1])).then(([byte]) => told.push(byte));
  const second = machine.work("second", new Uint8Array([2])).then(([byte]) => told.push(byte));
  await Promise.all([first, second]);
  assert.deepEqual(told, ["first", 1, "second", 2]);
});

test("what the guest cannot do ends the job with its words", async () => {
  const machine = new Machine(
    emulator((_, __, told) => told("failed ring: 12\n")),
    {},
  );
  await assert.rejects(machine.work("job1", new Uint8Array()), /ring: 12/);
});

test("orders without a plan have the lengths of their words and of their input", () => {
  const text = new TextDecoder().decode(
    orders([
      ["seed", "", "abc"],
      ["shell", "", "", "kind-worker"],
    ]),
  );
  assert.equal(text, "seed - 1 3\n\0abcshell kind-worker 1 0\n\0");
});

test("a browser that cannot is told what it lacks", () => {
  const able = { WebAssembly: {}, Worker: class {}, DecompressionStream: class {} };
  assert.equal(lacking(able), "");
  assert.match(lacking({ ...able, WebAssembly: undefined }), /WebAssembly/);
  assert.match(lacking({ ...able, DecompressionStream: undefined }), /unpack/);
  assert.match(lacking({ ...able, navigator: { deviceMemory: 1 } }), /1 GB/);
});

test("a verdict tells what differs, and what differed once", () => {
  globalThis.document = /** @type {any} */ ({
    createElement: (name) => ({
      name,
      children: [],
      append(...more) {
        this.children.push(...more);
      },
    }),
  });
  const words = (found, once) =>
    verdict({ places: 6, frames: 20, more: 0, ...found }, "Linux 6.1", { captured: 1, took: 2 }, once).map(
      ({ name, textContent, children }) =>
        name === "ul" ? children.map((each) => each.textContent) : textContent,
    );
  const good = words({ differences: [] }, "");
  assert.match(good[0], /Proven here, in Linux 6.1: 20 frames and the tables of 6 namespaces/);
  assert.equal(good.length, 2);
  assert.match(words({ differences: [] }, "b eth0 in")[1], /first time it differed.*b eth0 in/);
  const bad = words({ differences: ["b eth0 in"], more: 2 }, "b eth0 in");
  assert.match(bad[0], /differ in 3 places/);
  assert.deepEqual(bad[1], ["b eth0 in"]);
  delete globalThis.document;
});

test("a walk under policies is not proven without them", () => {
  assert.equal(ofWalk({}), "");
  assert.equal(ofWalk({ policies: [] }), "");
  assert.match(ofWalk({ policies: ["default-deny"] }), /policies/);
});
