import assert from "node:assert/strict";
import test from "node:test";
import {
  fromHash,
  nearestKey,
  optionsFromAttributes,
  sharedFile,
  toHash,
  walkFile,
  walkKey,
} from "../src/data/options.js";
import { parsePage, Store, WalkError } from "../src/data/store.js";
import { unpack } from "../src/data/unpack.js";
import { problem } from "../src/data/validate.js";
import { settle, waysFor } from "../src/panels/choices.js";
import { proofOf, proofPage } from "../src/panels/proof.js";
import { walks } from "./walks.js";

const [, one] = walks().find(([name]) => name === "flannel-vxlan-cross-node");
const OPTIONS = {
  plugin: "flannel",
  mode: "vxlan",
  scenario: "cross-node",
  proto: "icmp",
  size: 56,
  df: false,
  cold: true,
  fault: null,
  rules: "iptables",
  release: "",
};

test("packed JSON unpacks, equal values are shared", () => {
  const packed = { pack: 1, values: ["a", [0, 0], 7, "b", [0, 0, 3], [1, 4, 2, 1]] };
  assert.deepEqual(unpack(packed), { a: 7, b: ["a"] });
  const records = { pack: 2, values: ["a", "b", [0, 0, 1], 7, 8, [0, 3, 4], [0, 1, 0], [2, 2, 5, 6]] };
  assert.deepEqual(unpack(records), [
    { a: 7, b: "b" },
    { a: 8, b: "a" },
  ]);
  const once = { pack: 2, values: [7, [1, [0, "a", "b"], 0, [0, 0, "c", [0]]]] };
  assert.deepEqual(unpack(once), { a: 7, b: [7, "c", []] });
  assert.throws(() => unpack({ pack: 3, values: [] }), /version 1 or 2/);
  assert.throws(() => unpack({ pack: 1, values: [[0, 5]] }), /later/);
});

test("every walk is accepted", () => {
  for (const [name, walk] of walks()) assert.equal(problem(walk), null, name);
});

test("what cannot be played is told in one line", () => {
  for (const bad of [
    null,
    [],
    {},
    { ...one, version: 2 },
    { ...one, traces: [] },
    { ...one, topology: [{}] },
    { ...one, traces: [{}] },
    { ...one, traces: [{ steps: [{}] }] },
    { ...one, traces: [{ steps: [] }] },
  ]) {
    const words = problem(bad);
    assert.ok(words && !words.includes("\n"), words);
  }
  assert.throws(() => parsePage("{"), WalkError);
});

test("a link leads back to the same choices and step", () => {
  for (const o of [
    OPTIONS,
    { ...OPTIONS, df: true, cold: false, fault: "missing-fdb", scenario: "a/b & c" },
    { ...OPTIONS, rules: "nftables" },
    { ...OPTIONS, release: "3.32" },
  ]) {
    assert.deepEqual(fromHash(toHash(o, 12, "main walk")), {
      options: o,
      step: 12,
      el: "main walk",
      header: "",
      beside: [],
    });
    const beside = [
      { plugin: "flannel", mode: "host-gw" },
      { plugin: "calico", mode: "bgp" },
    ];
    assert.deepEqual(fromHash(toHash(o, 12, "main walk", beside)), {
      options: o,
      step: 12,
      el: "main walk",
      header: "",
      beside,
    });
  }
  for (const other of ["", "#section-2", "#walk=x", "#walk=a/b/c/<b>/x/0/0/none/1", "#walk=%zz"])
    assert.equal(fromHash(other), null);
});

test("other rules have files of their own, and a walk with others is not taken for them", () => {
  const native = { ...OPTIONS, cold: false, rules: "nftables" };
  assert.equal(walkFile(native), "flannel/vxlan/nftables/cross-node/none.json.gz");
  assert.equal(sharedFile(native), "flannel/vxlan/nftables/shared.json.gz");
  assert.equal(sharedFile({ plugin: "flannel", mode: "vxlan" }), "flannel/vxlan/shared.json.gz");
  const store = new Store({ page: { walks: { [walkKey(native)]: one } } });
  assert.equal(store.now({ ...native, rules: "iptables" }), one);
  assert.equal(store.now(native), null);
  const same = { ...one, options: { ...one.options, rules: "nftables" } };
  assert.equal(new Store({ page: { walks: { [walkKey(native)]: same } } }).now(native), same);
  assert.equal(toHash(OPTIONS, 0, "w").includes("rules"), false);
  assert.equal(proofOf({ proof: { nftables: "all", "cross-node": "one" } }, native), "all");
  assert.equal(proofOf({ proof: { nftables: "all", "cross-node": "one" } }, OPTIONS), "one");
});

test("another release has files of its own, and a walk of another is not taken for it", () => {
  const old = { ...OPTIONS, cold: false, release: "0.20.2" };
  assert.equal(walkFile(old), "flannel/vxlan/0.20.2/cross-node/none.json.gz");
  assert.equal(sharedFile(old), "flannel/vxlan/shared.json.gz");
  const store = new Store({ page: { walks: { [walkKey(old)]: one } } });
  assert.equal(store.now({ ...old, release: "" }), one);
  assert.equal(store.now(old), null);
  const same = { ...one, options: { ...one.options, release: "0.20.2" } };
  assert.equal(new Store({ page: { walks: { [walkKey(old)]: same } } }).now(old), same);
  assert.equal(toHash(OPTIONS, 0, "w").includes("release"), false);
  assert.equal(proofOf({ proof: { "0.20.2": "all", "cross-node": "one" } }, old), "all");
});

test("attributes give the first choices", () => {
  const has = { plugin: "flannel", mode: "vxlan", scenario: "cross-node", size: "1400", df: "1", step: "3" };
  const { options, step } = optionsFromAttributes({
    getAttribute: (n) => has[n] ?? null,
    hasAttribute: (n) => n in has,
  });
  assert.deepEqual(options, { ...OPTIONS, size: 1400, df: true, cold: false });
  assert.equal(step, 3);
});

test("a store finds what the page holds, and the nearest of a file", async () => {
  const store = new Store({ page: { walks: { [walkKey({ ...OPTIONS, cold: false })]: one } } });
  assert.equal(store.now({ ...OPTIONS, cold: one.options.cold && false }), one);
  assert.equal(store.now({ ...OPTIONS, size: 9 }), null);
  await assert.rejects(store.walk({ ...OPTIONS, size: 9 }), WalkError);
  assert.equal(walkFile({ ...OPTIONS, fault: "x y" }), "flannel/vxlan/cross-node/x%20y.json.gz");
  assert.equal(
    nearestKey(["icmp/56/0/0", "icmp/1423/1/0", "tcp/0/0/0"], { ...OPTIONS, size: 1423 }),
    "icmp/1423/1/0",
  );
  assert.equal(nearestKey(["tcp/0/0/0"], OPTIONS), null);
});

test("a live notebook is asked for any walk", async () => {
  const asked = [];
  const store = new Store({
    source: {
      walk: async (o) => {
        asked.push(o);
        return one;
      },
    },
  });
  assert.equal(await store.walk({ ...OPTIONS, size: 777 }), one);
  assert.equal(asked[0].size, 777);
});

test("a choice that another choice rules out is given up", () => {
  const catalogue = {
    sizes: { icmp: [{ size: 56 }, { size: 1423 }], tcp: [{ size: 0 }] },
    faults: [{ name: "f", scenarios: ["cross-node"], size: 1423, df: true }],
    releases: { iptables: ["3.33", "3.32"], nftables: ["kube-proxy-1.36", "kube-proxy-1.35"] },
  };
  const broken = settle(catalogue, OPTIONS, { fault: "f" });
  assert.deepEqual([broken.fault, broken.size, broken.df], ["f", 1423, true]);
  assert.equal(settle(catalogue, broken, { scenario: "same-node" }).fault, null);
  assert.equal(settle(catalogue, broken, { rules: "nftables" }).fault, null);
  assert.equal(settle(catalogue, broken, { rules: "nftables" }, true).fault, "f");
  const old = settle(catalogue, broken, { release: "3.32" });
  assert.deepEqual([old.fault, old.rules, old.release], [null, "iptables", "3.32"]);
  const native = settle(catalogue, old, { rules: "nftables" });
  assert.equal(native.release, "");
  const proxy = settle(catalogue, native, { release: "kube-proxy-1.35" });
  assert.deepEqual([proxy.rules, proxy.release], ["nftables", "kube-proxy-1.35"]);
  assert.equal(settle(catalogue, proxy, { rules: "iptables" }).release, "");
  assert.deepEqual(fromHash(toHash(proxy, 2, "w")).options, proxy);
  assert.equal(settle(catalogue, old, { scenario: "same-node" }).release, "3.32");
  assert.equal(settle(catalogue, OPTIONS, { proto: "tcp" }).size, 0);
  assert.equal(settle(catalogue, OPTIONS, { size: 999 }, true).size, 999);
});

test("a walk of no scenario is named as itself, not as the first scenario", () => {
  const catalogue = { scenarios: [{ name: "same-node", title: "pod to pod on the same node" }] };
  const walk = { title: "Calico vxlan: a2 to b" };
  assert.deepEqual(waysFor(catalogue, { scenario: "" }, walk)[0], ["", "a2 to b"]);
  assert.deepEqual(waysFor(catalogue, { scenario: "same-node" }, walk), [
    ["same-node", "pod to pod on the same node"],
  ]);
});

test("the mark of a walk is that of its scenario, broken or not, and leads to the page", () => {
  const proof = {
    "cross-node": { where: "kernel", text: "proven in Linux 6.18" },
    "cross-node+missing-fdb": { where: "", text: "not proven: why" },
  };
  assert.equal(proofOf({ proof }, { scenario: "cross-node", fault: null }), proof["cross-node"]);
  assert.equal(proofOf({ proof }, { scenario: "cross-node", fault: "missing-fdb" }).where, "");
  for (const none of [null, {}, { proof }])
    assert.equal(proofOf(none, { scenario: "same-node", fault: null }), null);
  assert.equal(proofPage("../_static/walks/"), "../_static/walks/../../book/how-do-we-know.html");
  assert.equal(proofPage("_static/walks"), "_static/walks/../../book/how-do-we-know.html");
  assert.equal(proofPage(null), null);
});

test("walks of a page that are packed together are read with what they share", () => {
  const shared = { pack: 2, name: "common", values: ["ip", "a"] };
  const own = { pack: 2, shared: "common", values: [[0, 0, 1, "b"]] };
  assert.deepEqual(parsePage(JSON.stringify(own), JSON.stringify(shared)), ["ip", "a", "b"]);
  const other = { ...shared, name: "another", values: ["udp", "c"] };
  for (const wrong of ["", JSON.stringify(other)])
    assert.throws(() => parsePage(JSON.stringify(own), wrong), WalkError);
});
