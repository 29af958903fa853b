/**
 * From stories and a width to places. `along` runs with time, `across` over the lanes: in a wide picture time
 * goes to the right, in a tall one down, and nothing else differs but sizes. Pure functions.
 */
import { slotOf, timesOf } from "./axis.js";
import { reaching, rowsOf, statesOf } from "./flags.js";
import { flags } from "./labels.js";
import { marks } from "./scale.js";
import { DOWN, HEADS, NODE_GAP, PING, SLOT, WIDE } from "./sizes.js";
import { stays } from "./state.js";

/** @import { Axis } from "./axis.js" */
/** @import { Label } from "./labels.js" */
/** @import { Stay } from "./state.js" */
/** @import { Deed, Lane, Message, Moment, Probe, Span, Story } from "./types.js" */

/**
 * @typedef {{along: number, across: number}} Point
 * @typedef {{along: number, across: number, length: number, depth: number}} Box
 * @typedef {Lane & {
 *   start: number, size: number, middle: number, tables: boolean, rows: number,
 *   folds: boolean, open: boolean,
 * }} Band  `folds`: it has more lines than fit as words, unless it is `open`
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

/** A message's place among those that reach the same program at the same time. */
const arrival = ({ messages }, m) =>
  messages.filter((each) => each.until === m.until && each.dst === m.dst).indexOf(m);

/** Whether a lane holds its node's tables: the kernel's does, where there is none the first. */
function holds(lanes, lane) {
  const own = lanes.filter(({ node }) => node === lane.node);
  return lane === (own.find(({ program }) => program === "kernel") ?? own[0]);
}

/** The lanes, one after another; one with tables is as deep as it has lines, folded up to a limit. */
function bandsOf(story, kept, tall, width, unfolded) {
  const rows = (node) => Math.max(1, ...kept.filter((s) => s.node === node).map((s) => s.row + 1));
  const probes = story.probes.length * DOWN.probe;
  const column = (width - DOWN.axis - probes) / story.lanes.length;
  let next = tall ? DOWN.axis : 0;
  return story.lanes.map((lane, k) => {
    const tables = holds(story.lanes, lane);
    const most = rows(lane.node) * WIDE.row;
    const folds = tables && !tall && most > WIDE.tables;
    const open = folds && unfolded.has(lane.node);
    const deep = tables ? (open ? most : Math.min(WIDE.tables, most)) + 8 : WIDE.program;
    const size = tall ? column : deep;
    if (!tall && k > 0 && story.lanes[k - 1].node !== lane.node) next += NODE_GAP;
    const start = next;
    next += size;
    const middle = start + (tall ? size / 2 : 13);
    return { ...lane, tables, start, size, middle, rows: rows(lane.node), folds, open };
  });
}

/**
 * @param {Story} story @param {Moment[]} moments @param {Axis} of @param {number} width @param {boolean} tall
 * @param {Set<string>} [unfolded]  nodes whose lines all have room for their words
 * @returns {Picture}
 */
export function layout(story, moments, of, width, tall, unfolded = new Set()) {
  const { pad } = of;
  const at = (t) => pad + of.place(t);
  const kept = stays(story);
  const raised = tall ? [] : flags(story.deeds, at, of.length + pad + WIDE.end);
  const head = tall ? 0 : WIDE.axis + WIDE.flag * Math.max(0, ...raised.map((f) => f.row + 1));
  const bands = bandsOf(story, kept, tall, width, unfolded).map((band) => ({
    ...band,
    start: band.start + head,
    middle: band.middle + head,
  }));
  const lane = new Map(bands.map((band) => [band.id, band]));
  const end = Math.max(...bands.map(({ start, size }) => start + size));
  const length = of.length + pad + (tall ? DOWN.end : WIDE.end);
  const arrows = story.messages.map((message) => {
    const [aside, late] = [slotOf(story, message) * SLOT, arrival(story, message) * HEADS];
    const from = { along: at(message.at) + aside, across: lane.get(message.src).middle };
    const to = { along: at(message.until) + late, across: lane.get(message.dst).middle };
    return { message, from, to };
  });
  const bars = kept.flatMap((stay) => {
    const band = bands.find(({ node, tables }) => tables && node === stay.node);
    return band ? { stay, ...barOf(stay, band, at, tall) } : [];
  });
  const probe = tall ? DOWN.probe : WIDE.probe;
  const strips = story.probes.map((each, k) =>
    stripOf(each, end + (tall ? 0 : NODE_GAP) + k * (probe + (tall ? 0 : 4)), probe, of, at),
  );
  const below = strips.at(-1);
  return {
    tall,
    end: at(story.until),
    at,
    time: (along) => of.time(along - pad),
    axis: tall ? DOWN.axis - 6 : WIDE.axis - 3,
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

/**
 * Up to where a picture is seen that hides what comes after a time: what is sent by then is seen whole.
 * @param {Picture} of @param {number} t
 */
export const shownTo = ({ at, arrows }, t) =>
  Math.max(
    at(t) + 2,
    ...arrows.map(({ message, from }) => (message.at <= t ? from.along + SLOT / 2 + 1 : 0)),
  );

/** A line's stay in the lane of its node's tables. */
function barOf(stay, { start, size, rows }, at, tall) {
  const along = at(stay.from);
  const length = Math.max(3, at(stay.until) - along);
  const edge = tall ? 2 : 4;
  const row = (size - 2 * edge) / rows;
  return {
    along,
    length,
    across: start + edge + stay.row * row,
    depth: row < 4 ? row : row - (tall ? 1 : 2),
  };
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
