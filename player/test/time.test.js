import assert from "node:assert/strict";
import { test } from "node:test";
import { axis } from "../src/time/axis.js";
import { widthOf } from "../src/time/labels.js";
import { layout, shownTo } from "../src/time/layout.js";
import { letters } from "../src/time/letters.js";
import { fromHash, toHash } from "../src/time/link.js";
import { after, before, happenings, indexAt, moments } from "../src/time/moments.js";
import { marks, scale } from "../src/time/scale.js";
import { SLOT, TALL } from "../src/time/sizes.js";
import { changedAt, linesAt, mostLines, spanAt, stays } from "../src/time/state.js";
import { problem } from "../src/time/validate.js";
import {
  clockWords,
  lanesOf,
  messageWords,
  momentWords,
  shortTime,
  spanWords,
  timeWords,
} from "../src/time/words.js";
import { killed, stopped } from "./fixtures/bird-killed.js";

const SETS = { killed: [killed], stopped: [stopped], both: [killed, stopped] };
const WIDTHS = [328, 700, 900];

/** Every picture of every set of stories at every width. */
const drawn = Object.entries(SETS).flatMap(([name, stories]) =>
  WIDTHS.flatMap((width) => {
    const all = moments(stories);
    const of = axis(stories, all, width, width < TALL);
    return stories.map((story) => ({
      name: `${name} ${width}`,
      story,
      all,
      of,
      picture: layout(story, all, of, width, width < TALL),
    }));
  }),
);

test("the scale shows 0.1 ms and four minutes: monotone, and its inverse gives back the time", () => {
  const times = [0, 0.1, 1, 10_000, 10_001, 129_000, 240_000];
  for (const room of [10, 300, 5000]) {
    const of = scale(times, room, { least: 12, extra: [0, 30] });
    for (const [k, gap] of of.places
      .slice(1)
      .map((px, k) => px - of.places[k])
      .entries())
      assert.ok(gap > 12 + (k === 1 ? 30 : 0), `gap ${k} of ${room}`);
    let last = -1;
    for (let t = 0; t <= 240_000; t = t * 1.03 + 0.07) {
      const px = of.place(t);
      assert.ok(px > last, `${t} ms lies at ${px}, no further than ${last}`);
      assert.ok(Math.abs(of.time(px) - t) < 1e-6 * (1 + t), `${t} ms comes back as ${of.time(px)}`);
      last = px;
    }
    for (const [k, t] of times.entries()) assert.ok(Math.abs(of.place(t) - of.places[k]) < 1e-9);
  }
});

test("a longer gap is never narrower, all room is taken, and what is outside stays at the ends", () => {
  const of = scale([0, 1, 11, 1011, 200_000], 600, { least: 12 });
  const gaps = of.places.slice(1).map((px, k) => px - of.places[k]);
  assert.deepEqual(
    gaps,
    [...gaps].sort((a, b) => a - b),
  );
  assert.ok(Math.abs(of.length - 600) < 1e-9);
  assert.equal(of.place(-5), 0);
  assert.equal(of.place(300_000), of.length);
  assert.equal(of.time(-5), 0);
  assert.ok(Math.abs(of.time(9999) - 200_000) < 1e-6);
});

test("within a gap tenfold times lie equally far apart, as far as the one added can tell", () => {
  const of = scale([0, 1_000_000], 700, { least: 10 });
  const found = marks(of, 0);
  assert.equal(found.length, 6);
  const steps = found.slice(2).map((px, k) => px - found[k + 1]);
  for (const step of steps) assert.ok(Math.abs(step - steps[0]) < 0.06 * steps[0], `${steps}`);
});

test("moments are the times at which something happens; what turns is what packets feel, or a deed", () => {
  const all = moments([killed]);
  const times = all.map(({ at }) => at);
  assert.deepEqual(
    times,
    [...new Set(times)].sort((a, b) => a - b),
  );
  assert.deepEqual([times[0], times.at(-1)], [0, 240_000]);
  const turning = all.filter(({ turns }) => turns).map(({ at }) => at);
  assert.deepEqual(turning, [10_000, 128_900, 150_000, 151_850]);
  assert.equal(after(all, 10_000, true).at, 128_900);
  assert.equal(after(all, 10_000).at, 10_001);
  assert.equal(before(all, 128_900, true).at, 10_000);
  assert.equal(after(all, 200_000, true).at, 240_000);
  assert.equal(before(all, 5_000, true).at, 0);
  assert.equal(all[indexAt(all, 128_899)].at, 85_001);
  assert.equal(all[indexAt(all, 128_900)].at, 128_900);
});

test("a message is sent and heard, one that is lost is never heard", () => {
  const told = happenings(killed).map(({ at, says }) => `${at} ${says}`);
  assert.ok(told.includes("85000 sends BIRD on kind-control-plane KEEPALIVE"));
  assert.ok(told.includes("85001 hears KEEPALIVE from BIRD on kind-worker"));
  assert.ok(told.includes("85000 sends BIRD on kind-worker2 KEEPALIVE, which is lost"));
  assert.equal(told.filter((words) => words.startsWith("85001 ")).length, 1);
});

test("lines come and go, and keep their place: what a moment adds is new, what it deletes is gone", () => {
  const at = (t) => linesAt(killed, "kind-worker", t).map(({ state }) => state);
  assert.deepEqual(at(0), ["there", "there", "there"]);
  assert.deepEqual(at(128_900), ["there", "there", "gone"]);
  assert.deepEqual(at(150_000), ["there", "there"]);
  assert.deepEqual(at(151_850), ["there", "there", "new"]);
  assert.deepEqual(at(165_000), ["there", "there", "there"]);
  assert.equal(mostLines(killed, "kind-worker"), 3);
});

test("a line stands from its coming to its going, then once more", () => {
  const own = stays(killed).filter(({ node, row }) => node === "kind-worker" && row === 2);
  assert.deepEqual(
    own.map(({ from, until }) => [from, until]),
    [
      [0, 128_900],
      [151_850, 240_000],
    ],
  );
});

test("a line takes the place of one that has gone, and comes back to its own where that is free", () => {
  const change = (at, line, added) => ({ at, node: "n", table: "route", line, by: "BIRD", added, why: "" });
  const changes = [change(1, "a", true), change(2, "b", true), change(3, "a", false), change(3, "c", true)];
  const story = {
    ...killed,
    initial: {},
    changes: [...changes, change(4, "c", false), change(5, "a", true)],
  };
  assert.deepEqual(
    stays(story).map(({ line, row }) => line + row),
    ["a0", "b1", "c0", "a0"],
  );
  assert.equal(mostLines(story, "n"), 2);
});

test("a packet meets the span of its time, the later one where two meet, and none after the end", () => {
  const [probe] = killed.probes;
  assert.equal(spanAt(probe, 0).answered, true);
  assert.equal(spanAt(probe, 128_899.9).answered, true);
  assert.equal(spanAt(probe, 128_900).answered, false);
  assert.equal(spanAt(probe, 240_000).answered, true);
  assert.equal(spanAt(probe, 240_001), null);
  assert.equal(
    spanWords({ from: 0, until: 1000, answered: true, what: "", walk: null }, 200),
    "5 pings answered",
  );
  assert.equal(spanWords({ from: 1, until: 201, answered: false, what: "", walk: null }, 200), "1 ping lost");
  const between = { from: 1, until: 200, answered: false, what: "", walk: null };
  assert.equal(spanWords(between, 200), "no ping just then");
});

test("labels never overlap: times, flags of a row, what a program says; nor do a program's badges", () => {
  const apart = (labels, name) => {
    const sorted = [...labels].sort((a, b) => a.start - b.start);
    for (const [k, label] of sorted.slice(1).entries())
      assert.ok(sorted[k].end <= label.start + 1e-9, `${name}: ${sorted[k].text} and ${label.text}`);
  };
  for (const { name, picture, story } of drawn) {
    apart(picture.times, name);
    for (const row of new Set(picture.deeds.map(({ from }) => from)))
      apart(
        picture.deeds.filter(({ from }) => from === row),
        name,
      );
    for (const across of new Set(picture.states.map(({ at }) => at.across))) {
      const own = picture.states.filter(({ at }) => at.across === across).flatMap(({ label }) => label ?? []);
      apart(own, name);
    }
    for (const lane of story.lanes) {
      const own = picture.arrows.filter(({ message }) => message.src === lane.id);
      const places = own.map(({ from }) => from.along).sort((a, b) => a - b);
      for (const [k, px] of places.slice(1).entries()) assert.ok(px - places[k] >= 15, `${name}: ${lane.id}`);
    }
    for (const each of picture.times)
      if (!picture.tall) assert.ok(each.end - each.start > widthOf(each.text) - 1e-9);
  }
});

test("all lies within the picture, in its lane; messages of one time stand beside each other", () => {
  for (const { name, picture, story, of } of drawn) {
    const { length, depth } = picture;
    const inside = (along, across) =>
      assert.ok(
        along >= 0 && along <= length && across >= 0 && across <= depth,
        `${name}: ${along}, ${across}`,
      );
    for (const { from, to } of picture.arrows) {
      inside(from.along, from.across);
      inside(to.along, to.across);
    }
    for (const bar of picture.bars) {
      inside(bar.along, bar.across);
      const band = picture.bands.find(({ id }) => id === `${bar.stay.node}/kernel`);
      assert.ok(bar.across >= band.start && bar.across + bar.depth <= band.start + band.size, name);
    }
    for (const { start, end } of picture.deeds) inside(start, 0) ?? inside(end, 0);
    for (const [k, band] of picture.bands.slice(1).entries())
      assert.ok(band.start >= picture.bands[k].start + picture.bands[k].size - 1e-9, name);
    const [a, b] = picture.arrows.filter(({ message }) => message.kind === "OPEN");
    assert.ok(Math.abs(b.from.along - a.from.along - SLOT) < 1e-9 || a.message.src !== b.message.src, name);
    assert.ok(story.until <= of.times.at(-1));
  }
});

test("a node without a kernel keeps its lines with the program that holds them", () => {
  const api = { id: "API/datastore", node: "API", program: "datastore" };
  const block = { at: 5, node: "API", table: "block", line: "10.0.0.0/30", by: "ipam", added: true, why: "" };
  const story = { ...killed, lanes: [api, ...killed.lanes], changes: [...killed.changes, block] };
  const all = moments([story]);
  const { bars, bands } = layout(story, all, axis([story], all, 900, false), 900, false);
  const found = bars.find(({ stay }) => stay.node === "API");
  assert.ok(found.across >= bands[0].start && found.across + found.depth <= bands[0].start + bands[0].size);
  assert.equal(bars.length, 12);
});

test("a node of a hundred lines has a lane like others, with thinner lines", () => {
  const lines = Array.from({ length: 100 }, (_, k) => ({ table: "iptables", line: `-A ${k}`, by: "Felix" }));
  const story = { ...killed, initial: { ...killed.initial, "kind-worker": lines } };
  const all = moments([story]);
  for (const [width, tall] of [
    [328, true],
    [900, false],
  ]) {
    const { bars, bands } = layout(story, all, axis([story], all, width, tall), width, tall);
    const band = bands.find(({ id }) => id === "kind-worker/kernel");
    assert.ok(band.size < 170);
    for (const bar of bars.filter(({ stay }) => stay.node === "kind-worker")) {
      assert.ok(bar.depth > 0 && bar.across >= band.start);
      assert.ok(bar.across + bar.depth <= band.start + band.size + 1e-9);
    }
  }
});

test("what is hidden begins after all that is sent by then, and before the next moment's messages", () => {
  for (const { name, picture, all } of drawn)
    for (const { at } of all) {
      const shown = shownTo(picture, at);
      assert.ok(shown > picture.at(at), name);
      for (const { message, from } of picture.arrows)
        assert.ok(message.at <= at ? from.along < shown - SLOT / 2 : from.along >= shown - SLOT / 2, name);
    }
});

test("two stories share one axis: the same time lies at the same place in both", () => {
  for (const width of WIDTHS) {
    const [one, other] = drawn.filter(({ name }) => name === `both ${width}`).map(({ picture }) => picture);
    for (const t of [0, 10_001, 60_000, 240_000]) assert.equal(one.at(t), other.at(t));
    assert.equal(one.time(one.at(60_000)), other.time(one.at(60_000)));
  }
});

test("each kind of message has a letter of its own", () => {
  assert.deepEqual(
    [...letters(["OPEN", "UPDATE", "OPEN", "over", "oversee", "gossip"]).values()],
    ["O", "U", "OV", "OE", "G"],
  );
});

test("times are exact and in seconds from one on, on the axis to a millisecond", () => {
  assert.equal(timeWords(0), "0 s");
  assert.equal(timeWords(0.05), "0.05 ms");
  assert.equal(timeWords(213), "213 ms");
  assert.equal(timeWords(128_900), "128.9 s");
  assert.equal(timeWords(120_000.05), "120.00005 s");
  assert.equal(shortTime(120_000.05), "120 s");
  assert.equal(clockWords(0.05, { ...moments([killed])[0], at: 0.05 }), "0.05 ms");
  assert.equal(clockWords(8_900.3, moments([killed])[0]), "8.9 s");
  assert.equal(shortTime(136_200.4), "136.2 s");
});

test("a moment and a message are sentences", () => {
  const [keepalive] = killed.messages;
  const all = moments([killed, stopped]);
  assert.equal(
    messageWords(keepalive, lanesOf(killed)),
    "KEEPALIVE: BIRD on kind-worker sends it to BIRD on kind-control-plane at 5 s, and arrives 1 ms later.",
  );
  const words = momentWords(all[indexAt(all, 128_900)], ["one", "two"]);
  assert.match(
    words,
    /^128\.9 s\. one: kind-control-plane: BIRD deletes 10\.244\.2\.0\/26 .* not back in 120 s\. /,
  );
  assert.doesNotMatch(words, /two:/);
  const here = all[indexAt(all, 128_900)].happenings;
  const often = { at: 0, turns: true, happenings: [Array(30).fill(here.flat()[0])] };
  assert.match(momentWords(often, ["one"]), /And 22 more\.$/);
});

test("a node's lines are the same as long as it is said that they are", () => {
  for (const story of [killed, stopped]) {
    for (const node of Object.keys(story.initial)) {
      /** @type {Map<string, string>} */
      const seen = new Map();
      for (const { at } of moments([story])) {
        const [last, now] = changedAt(story, node, at);
        const key = `${story.changes.indexOf(/** @type {any} */ (last))} ${now}`;
        const lines = JSON.stringify(linesAt(story, node, at));
        assert.equal(seen.get(key) ?? lines, lines, `${node} at ${at}`);
        seen.set(key, lines);
      }
      assert.ok(seen.size > 0);
    }
  }
});

test("a flag of a tall picture leaves room for what is sent then", () => {
  const tall = drawn.filter(({ picture }) => picture.tall);
  for (const { name, picture } of tall)
    for (const { at, text, end } of picture.deeds)
      assert.ok(at - end >= 8, `${name}: ${text} leaves no room for half a letter`);
  assert.ok(tall.length);
});

test("a link carries a moment, and nothing else is taken for one", () => {
  assert.deepEqual(fromHash(toHash(120_000.05, "killed")), { t: 120_000.05, el: "killed" });
  assert.equal(toHash(1 / 3, "1"), "#moment=0.333&el=1");
  assert.deepEqual(fromHash("#moment=5"), { t: 5, el: "1" });
  for (const hash of ["", "#moment=", "#moment=-1", "#moment=1e9", "#walk=a/b", "#moment=5&el=<b>"])
    assert.equal(fromHash(hash), null, hash);
});

test("what is no story is refused in one line that says what it lacks", () => {
  assert.equal(problem(killed), null);
  const without = (change) => problem({ ...killed, ...change });
  assert.match(problem(null), /not an object/);
  assert.match(without({ version: 2 }), /version 2/);
  assert.match(without({ lanes: [] }), /no lanes/);
  assert.match(without({ changes: undefined }), /no "changes"/);
  assert.match(without({ deeds: [{ at: -1, what: "x", node: "y" }] }), /deeds\[0\] lacks "at"/);
  assert.match(without({ states: [{ at: 1, lane: "nobody", what: "x" }] }), /"nobody" is none of its lanes/);
  assert.match(
    without({ probes: [{ src: "a", dst: "b", every: 1, spans: [{ from: 0 }] }] }),
    /spans\[0\] lacks/,
  );
  assert.match(without({ probes: [{ src: "a", dst: "b", every: 0, spans: [] }] }), /every more than 0/);
  assert.match(without({ initial: { x: [{ table: "route" }] } }), /initial\.x\[0\] lacks "line"/);
});

test("a lane with more lines than fit as words is folded; unfolded each has room for them", () => {
  const line = (k) => ({ table: "nat", line: `-A CHAIN ${k}`, by: "kube-proxy" });
  const many = { ...killed, initial: { "kind-worker": Array.from({ length: 40 }, (_, k) => line(k)) } };
  const all = moments([many]);
  for (const width of [700, 328]) {
    const tall = width < TALL;
    const of = axis([many], all, width, tall);
    const [folded, open] = [new Set(), new Set(["kind-worker"])].map((nodes) =>
      layout(many, all, of, width, tall, nodes),
    );
    const own = ({ bars }) => bars.filter(({ stay }) => stay.node === "kind-worker");
    const band = ({ bands }) => bands.find(({ node, tables }) => tables && node === "kind-worker");
    assert.ok(own(folded).length >= 40 && own(folded).every(({ depth }) => depth < 12));
    assert.equal(band(folded).folds, !tall, "beside a tall picture there is no room for a button");
    if (!tall) assert.ok(own(open).every(({ depth }) => depth >= 12) && band(open).open);
  }
});
