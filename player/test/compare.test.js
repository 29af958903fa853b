import assert from "node:assert/strict";
import test from "node:test";
import { modesIn } from "../src/data/options.js";
import { Store } from "../src/data/store.js";
import { embed } from "../src/export/embed.js";
import { together } from "../src/export/frames.js";
import { pcapng } from "../src/export/pcap.js";
import { alignment, leg, milestones } from "../src/model/alignment.js";
import { differences, facts } from "../src/model/differences.js";
import { timeline } from "../src/model/timeline.js";
import { packed, serve } from "./packed.js";
import { walks } from "./walks.js";

const ALL = walks();
const BY = Object.fromEntries(ALL);
const walk = (name) => BY[name] ?? assert.fail(`no golden walk ${name}`);
const VXLAN = walk("flannel-vxlan-cross-node");
const HOST_GW = walk("flannel-host-gw-cross-node");
const IPIP = walk("calico-ipip-cross-node");
const SLEEVE = walk("weave-sleeve-encrypted-cross-node");
const CROSS = ALL.filter(([name]) => /^(flannel|calico|weave)-.*-cross-node$/.test(name)).map(([, w]) => w);

/** The step of a walk at the nth time that an event happens. */
const nth = (w, event, n = 0) => timeline(w).moments.filter((m) => m.step.event === event)[n].i;
const beside = (a, b, i) => timeline(b).moments[alignment(a, b, i)].step;

test("a walk stands in step with itself", () => {
  for (const [name, w] of ALL) {
    const n = timeline(w).moments.length;
    const aligned = Array.from({ length: n }, (_, i) => alignment(w, w, i));
    assert.deepEqual(
      aligned,
      aligned.map((_, i) => i),
      name,
    );
  }
});

test("no walk goes back, and both begin and end together", () => {
  for (const a of CROSS)
    for (const b of CROSS) {
      const n = timeline(a).moments.length;
      const last = timeline(b).moments.length - 1;
      const at = Array.from({ length: n }, (_, i) => alignment(a, b, i));
      assert.deepEqual([at[0], at[n - 1]], [0, last]);
      for (let i = 1; i < n; i++)
        assert.ok(
          at[i] >= at[i - 1] && at[i] <= last,
          `${a.plugin} ${a.mode} beside ${b.plugin} ${b.mode} at ${i}`,
        );
      assert.equal(alignment(a, b, n + 5), last);
    }
});

test("milestones of the same name stand side by side", () => {
  for (const [a, b] of [
    [VXLAN, HOST_GW],
    [HOST_GW, VXLAN],
    [VXLAN, IPIP],
    [IPIP, SLEEVE],
    [SLEEVE, HOST_GW],
  ]) {
    const other = new Map(milestones(b).map((m) => [m.key, m.i]));
    const both = milestones(a).filter((m) => other.has(m.key));
    assert.ok(both.length >= 16, `${a.mode} ${b.mode} ${both.length}`);
    for (const { key, i } of both)
      assert.equal(alignment(a, b, i), other.get(key), `${a.mode} beside ${b.mode}: ${key}`);
  }
});

test("what one walk does not do, the other waits for", () => {
  const steps = Array.from({ length: nth(VXLAN, "decap") + 1 }, (_, i) => beside(VXLAN, HOST_GW, i).event);
  assert.ok(!steps.includes("encap") && !steps.includes("decap"));
  assert.equal(beside(VXLAN, HOST_GW, nth(VXLAN, "encap")).netns, "kind-worker");
  assert.equal(beside(VXLAN, HOST_GW, nth(VXLAN, "decap")).netns, "kind-worker2");
  assert.equal(
    alignment(VXLAN, HOST_GW, nth(VXLAN, "encap")),
    alignment(VXLAN, HOST_GW, nth(VXLAN, "encap") - 1),
  );
});

test("what only the other walk does is still seen", () => {
  const seen = timeline(HOST_GW).moments.map((m) => beside(HOST_GW, VXLAN, m.i).event);
  assert.ok(seen.includes("encap") && seen.includes("decap"));
});

test("a walk that is dropped stays where it ended while the other goes on", () => {
  const dropped = walk("calico-ipip-policy-deny");
  const last = timeline(dropped).moments.length - 1;
  for (const i of [nth(IPIP, "deliver"), nth(IPIP, "originate", 1), nth(IPIP, "deliver", 1)])
    assert.equal(alignment(IPIP, dropped, i), last);
  assert.equal(alignment(dropped, IPIP, last), timeline(IPIP).moments.length - 1);
});

test("fragments and copies are one journey; ARP is none", () => {
  const { traces } = walk("flannel-fragments");
  assert.ok(traces.every((t, i) => t.name !== "fragment" || ["request", "reply"].includes(leg(traces, i))));
  const cold = walk("flannel-cold");
  assert.equal(
    leg(
      cold.traces,
      cold.traces.findIndex((t) => t.name === "arp"),
    ),
    null,
  );
  assert.equal(
    leg([{ name: "copy", cause: [0, 0] }], 0),
    null,
    "a cause that is its own effect ends the search",
  );
  const n = timeline(cold).moments.length;
  for (let i = 1; i < n; i++) assert.ok(alignment(cold, IPIP, i) >= alignment(cold, IPIP, i - 1));
});

test("facts of a walk are the ones its headers tell", () => {
  const f = facts(VXLAN);
  assert.deepEqual(
    [f.inPod, f.podMtu, f.onWire, f.added, f.outerTtl, f.innerTtl, f.hops],
    [84, 1450, 148, 50, 64, 62, 2],
  );
  assert.equal(f.headers, "Ethernet 14 · IP 20 · UDP 8 · VXLAN 8 · Ethernet 14 · IP 20 · ICMP 8 · data 56");
  assert.ok(f.by.includes("flanneld") && !f.by.includes("(ARP)"));
  assert.deepEqual([facts(HOST_GW).added, facts(IPIP).added, facts(SLEEVE).added], [0, 20, 86]);
  const same = facts(walk("flannel-vxlan-same-node"));
  assert.deepEqual([same.onWire, same.added, same.outerTtl], [null, null, null]);
  assert.equal(facts(walk("flannel-fragments")).frames, 2);
  assert.equal(facts(walk("calico-ipip-policy-deny")).innerTtl, null);
});

test("every walk has its facts", () => {
  for (const [name, w] of ALL)
    for (const [key, value] of Object.entries(facts(w)))
      assert.ok(value === null || typeof value === "string" || Number.isFinite(value), `${name} ${key}`);
});

test("differences are told in words", () => {
  const rows = Object.fromEntries(differences([VXLAN, HOST_GW, VXLAN]).map((r) => [r.key, r]));
  assert.ok(rows.onWire.differs && !rows.inPod.differs);
  assert.deepEqual(rows.onWire.cells, [
    { text: "148 B", delta: "", differs: false },
    { text: "98 B", delta: "−50", differs: true },
    { text: "148 B", delta: "", differs: false },
  ]);
  assert.equal(rows.outerTtl.cells[1].text, "no outer header");
});

test("modes in an address or an attribute", () => {
  assert.deepEqual(modesIn("flannel/host-gw, calico/bgp"), [
    { plugin: "flannel", mode: "host-gw" },
    { plugin: "calico", mode: "bgp" },
  ]);
  assert.equal(modesIn("a/b,c/d,e/f").length, 2);
  assert.equal(modesIn("a/b,a/b").length, 1);
  for (const wrong of ["", null, "x", "a/b/c", "../x", "a/<b>"]) assert.deepEqual(modesIn(wrong), []);
});

test("a store gives the exact packet beside, never one that is merely near", async () => {
  const o = {
    plugin: "flannel",
    mode: "host-gw",
    scenario: "cross-node",
    proto: "icmp",
    size: 56,
    df: false,
    cold: false,
    fault: null,
  };
  const store = new Store({
    page: { walks: { "icmp/56/0/0": VXLAN }, compare: { "flannel/host-gw": HOST_GW } },
  });
  assert.equal(await store.exact(o), HOST_GW);
  await assert.rejects(store.exact({ ...o, size: 57 }), /does not carry/);
  assert.deepEqual(
    (await store.modes()).map((m) => m.mode),
    ["host-gw"],
  );
  const mode = "walks/flannel/host-gw";
  const holding = (key) => packed({ walks: { [key]: HOST_GW } }, { shared: "v1" });
  const fetched = serve({
    [`${mode}/shared.json.gz`]: { pack: 2, name: "v1", values: [] },
    [`${mode}/cross-node/none.json.gz`]: holding("icmp/4000/0/0"),
    [`${mode}/cross-node/sizes.json.gz`]: holding("icmp/1423/0/0"),
  });
  const away = new Store({ dataRoot: "walks" });
  assert.deepEqual(await away.exact({ ...o, size: 1423 }), HOST_GW);
  assert.deepEqual(fetched.sort(), [
    `${mode}/cross-node/none.json.gz`,
    `${mode}/cross-node/sizes.json.gz`,
    `${mode}/shared.json.gz`,
  ]);
  await assert.rejects(away.exact({ ...o, size: 9 }), /not made ahead/);
  delete globalThis.fetch;
});

test("a capture of a comparison names its interfaces after the walks", () => {
  const frames = together([VXLAN, HOST_GW]);
  const text = new TextDecoder().decode(pcapng(frames));
  assert.ok(
    text.includes("flannel vxlan: kind-worker:eth0") && text.includes("flannel host-gw: kind-worker:eth0"),
  );
  assert.deepEqual(
    frames.map((f) => f.time),
    frames.map((f) => f.time).sort((a, b) => a - b),
  );
  const wire = (of) =>
    frames
      .filter((f) => f.of === of && f.netns === "kind-worker" && f.dev === "eth0")
      .map((f) => f.bytes.length);
  assert.deepEqual(
    [wire("flannel vxlan"), wire("flannel host-gw")],
    [
      [148, 148],
      [98, 98],
    ],
  );
});

test("an embed snippet keeps the walks beside", () => {
  const text = embed(
    {
      plugin: "flannel",
      mode: "vxlan",
      scenario: "s",
      proto: "icmp",
      size: 56,
      df: false,
      cold: false,
      fault: null,
    },
    0,
    "/",
    modesIn("calico/bgp"),
  );
  assert.ok(text.includes('with="calico/bgp"'));
});
