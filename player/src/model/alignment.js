/** Two walks in step: which step of one belongs to which step of the other. */
import { foldable, timeline } from "./timeline.js";

/** @import { Timeline, Trace, Walk } from "../types.js" */

/** @type {WeakMap<Walk, {line: Timeline, marks: {key: string, i: number}[]}>} */
const known = new WeakMap();
/** @type {WeakMap<Walk, WeakMap<Walk, number[]>>} */
const pairs = new WeakMap();

function read(walk) {
  if (!known.has(walk)) {
    const line = timeline(walk);
    known.set(walk, { line, marks: milestones(walk, line) });
  }
  return known.get(walk);
}

/**
 * Which journey a trace belongs to: a fragment or a copy is its parent's, an ARP exchange is none.
 * @param {Trace[]} traces @param {number} t
 */
export function leg(traces, t) {
  for (let seen = 0; seen <= traces.length; seen++) {
    const { name, cause } = traces[t];
    if (name === "arp") return null;
    if (!["fragment", "copy"].includes(name) || !cause || !traces[cause[0]]) return name;
    t = cause[0];
  }
  return null;
}

const CHANGES = new Set(["encap", "decap", "deliver", "drop", "nat"]);

/**
 * The milestones of a walk in the order of time, each once: a key says on which journey, at which end of it,
 * and what happens.
 * @param {Walk} walk @param {Timeline} [line]
 * @returns {{key: string, i: number}[]}
 */
export function milestones(walk, line = timeline(walk)) {
  const kind = new Map(walk.topology.map((p) => [p.netns, p.kind]));
  const ends = new Map();
  const out = [];
  const seen = new Set();
  for (const m of line.moments) {
    const journey = leg(walk.traces, m.trace);
    if (journey === null) continue;
    if (!ends.has(journey)) ends.set(journey, { first: m.step.node, last: m.step.node });
    ends.get(journey).last = m.step.node;
  }
  const where = (journey, { node, netns }) => {
    const { first, last } = ends.get(journey);
    const side = node === first ? "start" : node === last ? "end" : "between";
    return `${side} ${kind.get(netns) ?? "node"}`;
  };
  const mark = (key, i) => {
    if (!seen.has(key)) {
      seen.add(key);
      out.push({ key, i });
    }
  };
  for (const m of line.moments) {
    const journey = leg(walk.traces, m.trace);
    const { step } = m;
    if (journey === null) continue;
    const place = where(journey, step);
    const previous = m.previous === null ? null : line.moments[m.previous].step;
    if (m.index === 0 && walk.traces[m.trace].name === journey) mark(`${journey}: begins`, m.i);
    if (previous && previous.netns !== step.netns) {
      mark(`${journey}: leaves ${where(journey, previous)}`, m.previous);
      mark(`${journey}: enters ${place}`, m.i);
    }
    if (step.event === "forward") mark(`${journey}: forward, ${place}, ${kind.get(step.netns)}`, m.i);
    if (CHANGES.has(step.event)) mark(`${journey}: ${step.event}, ${place}`, m.i);
  }
  return out;
}

/** The longest order of milestones that both walks have: pairs of steps. */
function common(a, b) {
  const best = Array.from({ length: a.length + 1 }, () => new Array(b.length + 1).fill(0));
  for (let x = a.length - 1; x >= 0; x--)
    for (let y = b.length - 1; y >= 0; y--)
      best[x][y] = a[x].key === b[y].key ? best[x + 1][y + 1] + 1 : Math.max(best[x + 1][y], best[x][y + 1]);
  const out = [];
  for (let x = 0, y = 0; x < a.length && y < b.length; ) {
    if (a[x].key === b[y].key) out.push([a[x++].i, b[y++].i]);
    else if (best[x + 1][y] >= best[x][y + 1]) x++;
    else y++;
  }
  return out;
}

/** Of several steps that fall to one, the one that tells most; the later where they tell as much. */
const TELLS = {
  drop: 5,
  encap: 4,
  decap: 4,
  fragment: 4,
  reassemble: 4,
  nat: 3,
  policy: 3,
  forward: 2,
  fdb: 1,
  route: 1,
};
const weight = ({ step }) => (foldable(step) ? -1 : (TELLS[step.event] ?? 0));

/**
 * For every step of `a` the step of `b` shown beside it: never backwards, equal at common milestones, both
 * end together.
 */
function table(a, b) {
  const A = read(a);
  const B = read(b);
  const anchors = common(A.marks, B.marks);
  const lastA = A.line.moments.length - 1;
  const lastB = B.line.moments.length - 1;
  const stops = [[0, 0], ...anchors, [lastA, lastB]].filter(
    ([x, y], k, all) => k === 0 || (x > all[k - 1][0] && y >= all[k - 1][1]),
  );
  if (stops.at(-1)[0] === lastA) stops.at(-1)[1] = lastB;
  const out = new Array(lastA + 1).fill(lastB);
  out[0] = 0;
  for (let k = 1; k < stops.length; k++) {
    const [fromA, fromB] = stops[k - 1];
    const [toA, toB] = stops[k];
    for (let x = fromA; x < toA; x++)
      out[x] = between(
        B.line.moments,
        x - fromA,
        toA - fromA,
        fromB,
        toB,
        toB - (k < stops.length - 1 ? 1 : 0),
      );
    out[toA] = toB;
  }
  return out;
}

/**
 * One step for one step while there are enough, then wait for the milestone (at the end there is none); where
 * there are more, the most telling of each share.
 */
function between(moments, done, of, from, to, most) {
  if (done === 0 || to <= from) return from;
  if (to - from <= of) return Math.min(from + done, most);
  const upTo = (n) => from + Math.floor((n * (to - from)) / of);
  let best = upTo(done);
  for (let y = best - 1; y > upTo(done - 1); y--) if (weight(moments[y]) > weight(moments[best])) best = y;
  return best;
}

/**
 * The step of `b` that stands beside a step of `a`.
 * @param {Walk} a @param {Walk} b
 * @param {number} step  of `a`'s timeline, from 0
 */
export function alignment(a, b, step) {
  if (!pairs.has(a)) pairs.set(a, new WeakMap());
  const of = pairs.get(a);
  if (!of.has(b)) of.set(b, table(a, b));
  const all = of.get(b);
  return all[Math.max(0, Math.min(all.length - 1, step))];
}
