/**
 * From stories and a width to places. `along` runs with time, `across` over the lanes: in a wide picture time
 * goes to the right, in a tall one down, and nothing else differs but sizes. Pure functions.
 */
import { fitted, flags, spread } from "./labels.js";
import { marks, scale } from "./scale.js";
import { stays } from "./state.js";
import { lengthWords, shortTime } from "./words.js";
/** @import { Label } from "./labels.js" */
/** @import { Scale } from "./scale.js" */
/** @import { Stay } from "./state.js" */
/** @import { Deed, Lane, Message, Moment, Probe, Span, State, Story } from "./types.js" */

/** Below this width time goes down. */
export const TALL = 620;
/** Pixels, for both ways: what a moment needs, a message beside another of its program, around all. */
export const SLOT = 18;
const LEAST = { wide: 15, tall: 17 };
const PAD = 12;
const NODE_GAP = 8;
const WIDE = { names: 148, program: 42, row: 17, axis: 20, flag: 18, probe: 24, end: 46 };
const TALL_SIZES = { axis: 64, probe: 26, flag: 17, end: 20 };
/** Below a program's line stands what it says of itself. */
const STATE = 17;
/** Pixels between two pings that are drawn one by one. */
const PING = 3;

/**
 * @typedef {Scale & {pad: number}} Axis  `pad` is left free before its start
 * @typedef {{along: number, across: number}} Point
 * @typedef {{along: number, across: number, length: number, depth: number}} Box
 * @typedef {Lane & {start: number, size: number, middle: number, kernel: boolean, rows: number}} Band
 * @typedef {{message: Message, from: Point, to: Point}} Arrow
 * @typedef {{
 *   tall: boolean, end: number, length: number, depth: number,
 *   at(t: number): number, time(along: number): number,
 *   axis: number, events: number[], decades: number[], bands: Band[], arrows: Arrow[],
 *   bars: (Box & {stay: Stay})[], states: {what: string, at: Point, label: Label|null}[],
 *   deeds: (Label & {deed: Deed, from: number, reach: number, back?: boolean})[],
 *   times: (Label & {gap: boolean})[],
 *   strips: {probe: Probe, start: number, size: number, spans: (Box & {span: Span})[], sent: number[]}[],
 * }} Picture
 */

/** A message's place among those of its program and time. @param {Story} story @param {Message} m */
const slotOf = ({ messages }, m) =>
  messages.filter((each) => each.at === m.at && each.src === m.src).indexOf(m);

/** What the flags of a time need above it in a tall picture. */
const flagged = ({ deeds }, t, tall) =>
  tall ? deeds.filter(({ at }) => at === t).length * TALL_SIZES.flag : 0;

/** What single moments need beyond the least: room for what happens together. */
function extras(stories, times, tall) {
  const beside = (story, t) =>
    Math.max(0, ...story.messages.filter(({ at }) => at === t).map((m) => slotOf(story, m) * SLOT));
  const most = (of, t) => Math.max(...stories.map((story) => of(story, t)));
  return times.map(
    (t, k) =>
      most(beside, t) +
      (k + 1 < times.length ? most((story, at) => flagged(story, at, tall), times[k + 1]) : 0),
  );
}

/**
 * One axis for all stories.
 * @param {Story[]} stories @param {Moment[]} moments
 * @param {number} room  pixels of a wide picture, or what a tall one is to take at the least
 * @param {boolean} tall
 * @returns {Axis}
 */
export function axis(stories, moments, room, tall) {
  const times = moments.map(({ at }) => at);
  const own = tall ? TALL_SIZES.end : WIDE.names + WIDE.end;
  const extra = extras(stories, times, tall);
  const pad = PAD + Math.max(...stories.map((story) => flagged(story, 0, tall)));
  return { pad, ...scale(times, room - own - pad, { least: tall ? LEAST.tall : LEAST.wide, extra }) };
}

/** The lanes, one after another; a kernel's is as deep as it has lines. */
function bandsOf(story, kept, tall, width) {
  const rows = (node) => Math.max(1, ...kept.filter((s) => s.node === node).map((s) => s.row + 1));
  const probes = story.probes.length * TALL_SIZES.probe;
  const column = (width - TALL_SIZES.axis - probes) / story.lanes.length;
  let next = tall ? TALL_SIZES.axis : 0;
  return story.lanes.map((lane, k) => {
    const kernel = lane.program === "kernel";
    const deep = kernel ? rows(lane.node) * WIDE.row + 8 : WIDE.program;
    const size = tall ? column : deep;
    if (!tall && k > 0 && story.lanes[k - 1].node !== lane.node) next += NODE_GAP;
    const start = next;
    next += size;
    return { ...lane, kernel, start, size, middle: start + (tall ? size / 2 : 13), rows: rows(lane.node) };
  });
}

/**
 * @param {Story} story @param {Moment[]} moments @param {Axis} of @param {number} width @param {boolean} tall
 * @returns {Picture}
 */
export function layout(story, moments, of, width, tall) {
  const { pad } = of;
  const at = (t) => pad + of.place(t);
  const kept = stays(story);
  const raised = tall ? [] : flags(story.deeds, at, of.length + pad + WIDE.end);
  const head = tall ? 0 : WIDE.axis + WIDE.flag * Math.max(0, ...raised.map((f) => f.row + 1));
  const bands = bandsOf(story, kept, tall, width).map((band) => ({
    ...band,
    start: band.start + head,
    middle: band.middle + head,
  }));
  const lane = new Map(bands.map((band) => [band.id, band]));
  const end = Math.max(...bands.map(({ start, size }) => start + size));
  const length = of.length + pad + (tall ? TALL_SIZES.end : WIDE.end);
  const arrows = story.messages.map((message) => {
    const aside = slotOf(story, message) * SLOT;
    const from = { along: at(message.at) + aside, across: lane.get(message.src).middle };
    const to = { along: at(message.until) + aside, across: lane.get(message.dst).middle };
    return { message, from, to };
  });
  const bars = kept.flatMap((stay) => {
    const band = bands.find(({ node, kernel }) => kernel && node === stay.node);
    return band ? { stay, ...barOf(stay, band, at, tall) } : [];
  });
  const probe = tall ? TALL_SIZES.probe : WIDE.probe;
  const strips = story.probes.map((each, k) =>
    stripOf(each, end + (tall ? 0 : NODE_GAP) + k * (probe + (tall ? 0 : 4)), probe, of, at),
  );
  const below = strips.at(-1);
  return {
    tall,
    end: at(story.until),
    at,
    time: (along) => of.time(along - pad),
    axis: tall ? TALL_SIZES.axis - 6 : WIDE.axis - 3,
    events: of.places.map((px) => px + pad),
    decades: moments.slice(1).flatMap((_, k) => marks(of, k).map((px) => px + pad)),
    length,
    depth: below ? below.start + below.size : end,
    bands,
    arrows,
    bars,
    states: statesOf(story, lane, at, length, tall),
    deeds: tall ? rowsOf(story.deeds, at, end) : reaching(raised, bands),
    times: timesOf(moments, of, tall),
    strips,
  };
}

/** A line's stay in its kernel's lane. */
function barOf(stay, { start, size, rows }, at, tall) {
  const along = at(stay.from);
  const length = Math.max(3, at(stay.until) - along);
  if (!tall) return { along, length, across: start + 4 + stay.row * WIDE.row, depth: WIDE.row - 2 };
  const depth = (size - 4) / rows;
  return { along, length, across: start + 2 + stay.row * depth, depth: depth - 1 };
}

function stripOf(probe, start, size, of, at) {
  const spans = probe.spans.map((span) => {
    const along = at(span.from);
    return { span, along, length: at(span.until) - along, across: start, depth: size };
  });
  return { probe, start, size, spans, sent: sent(probe, of).map((px) => px + of.pad) };
}

/** Where pings are drawn: all, or where they would run into each other so many as can be told apart. */
function sent({ every, spans }, of) {
  const found = [];
  for (let t = 0; t < (spans.at(-1)?.until ?? 0); t += every) {
    const px = of.place(t);
    if (!found.length || px - found.at(-1) >= PING) found.push(px);
  }
  return found;
}

/** What a program says of itself at one time: a mark, and where there is room its words, all or the last. */
function statesOf({ states }, lane, at, length, tall) {
  /** @type {Map<string, State[]>} */
  const groups = new Map();
  for (const state of [...states].sort((a, b) => a.at - b.at)) {
    const key = `${state.at} ${state.lane}`;
    groups.set(key, [...(groups.get(key) ?? []), state]);
  }
  const marks = [...groups.values()].map((said) => {
    const { at: t, lane: id } = said[0];
    const words = said.map(({ what }) => what);
    return { id, words, at: { along: at(t), across: lane.get(id).middle + (tall ? 0 : STATE) } };
  });
  return marks.map(({ id, words, at }, k) => {
    const next = marks.slice(k + 1).find((mark) => mark.id === id);
    const texts = [words.join("; "), words.at(-1), words.at(-1).split(": ").at(-1)];
    const label = tall ? null : fitted(texts, at.along + 7, next ? next.at.along - 6 : length);
    return { what: words.join("; "), at, label };
  });
}

/** Flags of a wide picture and how far down their poles reach: to their node. */
const reaching = (raised, bands) =>
  raised.map((flag) => {
    const own = bands.filter(({ node }) => node === flag.deed.node);
    const from = WIDE.axis + flag.row * WIDE.flag;
    return {
      ...flag,
      from,
      reach: own.length ? own[0].middle : Math.max(...bands.map((b) => b.start + b.size)),
    };
  });

/** Flags of a tall picture: rows over all lanes, each above its moment. */
const rowsOf = (deeds, at, reach) =>
  deeds.map((deed, k) => {
    const row = deeds.slice(0, k).filter((each) => each.at === deed.at).length;
    const start = at(deed.at) - (row + 1) * TALL_SIZES.flag;
    return {
      deed,
      from: TALL_SIZES.axis,
      reach,
      text: deed.what,
      at: at(deed.at),
      start,
      end: start + TALL_SIZES.flag,
    };
  });

/** Times on the axis, the most telling first; then how long the gaps are, where there is room. */
function timesOf(moments, of, tall) {
  const place = (k) => of.pad + of.places[k];
  const telling = (m) => (m.happenings.flat().some(({ kind }) => kind === "deed") ? 0 : m.turns ? 1 : 2);
  const asked = moments.map((m, k) => ({
    text: shortTime(m.at),
    at: place(k),
    rank: telling(m),
    gap: false,
  }));
  const gaps = of.times.slice(1).map((t, k) => ({
    text: `+ ${lengthWords(t - of.times[k])}`,
    at: (place(k) + place(k + 1)) / 2,
    rank: 3,
    gap: true,
  }));
  return spread([...asked, ...gaps.filter((_, k) => of.times[k + 1] - of.times[k] > 1)], tall);
}
