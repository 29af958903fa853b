import assert from "node:assert/strict";
import { test } from "node:test";
import {
  holdsText,
  isOurs,
  isUnknown,
  LARGEST,
  LONGEST,
  linkTo,
  pack,
  recipeOf,
  unpack,
} from "../src/playground/link.js";
import { changed, divided, ends, itself, named, pair, portOf, summary } from "../src/playground/words.js";

const asked = {
  text: "kind: Pod # <b>ü</b> 日本\n",
  plugin: "weave",
  protocol: "UDP",
  port: 53,
  source: "shop/web",
  destination: "service:kube-system/kube-dns",
};
const BROKEN = /The link is broken/;
/** Text that packs badly, the same each time. */
const noise = (length) => {
  let state = 1;
  const letter = () => {
    state = (state * 48271) % 2147483647;
    return String.fromCharCode(33 + (state % 90));
  };
  return Array.from({ length }, letter).join("");
};

test("a link gives back what it was made of, and is an address's fragment", async () => {
  const hash = await pack(asked);
  assert.match(hash, /^#manifests=[\w-]+$/);
  assert.ok(holdsText(hash) && !holdsText("#try"));
  assert.deepEqual(await unpack(hash), asked);
  const chosen = { ...asked, mode: "sleeve", rules: "iptables" };
  assert.deepEqual(await unpack(await pack(chosen)), chosen);
});

test("a link that lost a part, or holds something else, says so", async () => {
  const hash = await pack(asked);
  for (const cut of [
    hash.slice(0, -9),
    hash.slice(0, 20),
    "#manifests=",
    "#manifests=%%%",
    "#manifests=AAAA",
  ])
    await assert.rejects(unpack(cut), BROKEN);
  await assert.rejects(unpack(await pack({ ...asked, port: "53" })), BROKEN);
});

test("what is too large for a link is said with both figures, before and after", async () => {
  await assert.rejects(
    pack({ ...asked, text: noise(LONGEST * 2) }),
    /Too large for a link: .* 16,000 are the most/,
  );
  await assert.rejects(unpack(`#manifests=${"A".repeat(LONGEST)}`), /too large: 16,011 characters/);
});

test("a short link that would unpack without end is stopped", async () => {
  const hash = await pack({ ...asked, text: "a".repeat(2 * LARGEST) });
  assert.ok(hash.length < LONGEST);
  await assert.rejects(unpack(hash), /holds more than 5,000,000 characters/);
});

test("a recipe has a link of its own", () => {
  const { recipe, plugin, more } = recipeOf(linkTo("one-peer", "flannel"));
  assert.deepEqual([recipe, plugin, more], ["one-peer", "flannel", undefined]);
  const whole = recipeOf(linkTo("one-peer", "calico", "vxlan", "nftables"));
  assert.deepEqual([whole.mode, whole.rules, whole.more], ["vxlan", "nftables", undefined]);
  assert.equal(recipeOf("#recipe=one-peer/calico/vxlan/nftables/UDP/99999").more, "UDP/99999");
  assert.equal(recipeOf("#recipe=").recipe, "");
  assert.equal(recipeOf("#recipe=one-peer").plugin, undefined);
  assert.equal(recipeOf("#try"), null);
});

test("a heading's fragment is not taken for a link, an unknown link is", () => {
  for (const hash of ["", "#try", "#recipe", "#a-b"]) assert.ok(!isOurs(hash) && !isUnknown(hash), hash);
  assert.ok(isUnknown("#text=AAAA") && !isOurs("#text=AAAA"));
  for (const hash of ["#recipe=x/y/z", "#manifests=%%%"]) assert.ok(isOurs(hash) && !isUnknown(hash), hash);
});

test("an end's port is divided off as by packetwalk policy --explain", () => {
  const each = (text) => [divided(text).end, divided(text).port];
  assert.deepEqual(each("shop/db:80"), ["shop/db", "80"]);
  assert.deepEqual(each("service:shop/db:sql"), ["service:shop/db", "sql"]);
  assert.deepEqual(each("[fd00::1]:80"), ["fd00::1", "80"]);
  assert.deepEqual(each("[fd00::1]"), ["fd00::1", undefined]);
  for (const text of ["shop/db", "fd00::1", "node:n1", "service:shop/db", ""])
    assert.deepEqual(each(text), [text, undefined]);
});

const judged = (open, ...lines) => ({ lines, open, pairs: 6, allowed: 5, services: {}, notes: [] });
const [A, B, C] = [["n/a"], ["n/b"], ["n/c1", "n/c2"]];

test("what has changed is told by name, wherever its line stands now", () => {
  const before = judged(["111", "111", "111"], A, B, C);
  assert.deepEqual([...changed(before, judged(["101", "111", "110"], A, B, C))], ["0 1", "2 2"]);
  assert.deepEqual([...changed(before, judged(["11", "01"], B, A))], ["1 0"]);
  assert.deepEqual([...changed(null, before)], []);
  assert.deepEqual([...changed(before, judged(["0"], ["n/new"]))], []);
});

test("a pod does not talk to itself, two pods of a line do", () => {
  assert.ok(itself([A, C], 0, 0) && !itself([A, C], 1, 1) && !itself([A, C], 0, 1));
  assert.deepEqual(pair(A, B), ["n/a", "n/b"]);
  assert.deepEqual(pair(C, C), ["n/c1", "n/c2"]);
});

test("the words count pairs and changes", () => {
  const found = judged(["11", "11"], A, B);
  assert.equal(summary(found, "TCP", 80, new Set()), "TCP 80: 5 of 6 pairs of pods may talk.");
  assert.match(summary(found, "ICMP", 80, new Set(["0 1"])), /^ICMP: .* One cell has changed\.$/);
  assert.match(summary(found, "UDP", 53, new Set(["0 1", "1 0"])), /2 cells have changed\.$/);
  assert.equal(summary(judged([]), "TCP", 80, new Set()), "There are no pods in these manifests.");
  assert.equal(named(["n/a", "n/b", "n/c"]), "n/a and 2 like it");
});

test("pods and services are ends, and a service brings its port", () => {
  const found = { ...judged(["1"], A), services: { "s/dns": [["UDP", 53]], "s/none": [] } };
  assert.deepEqual(ends(found), ["n/a", "service:s/dns", "service:s/none"]);
  assert.deepEqual(portOf(found, "service:s/dns"), ["UDP", 53]);
  for (const name of ["service:s/none", "service:no", "n/a"]) assert.equal(portOf(found, name), null);
});
