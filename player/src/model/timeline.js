/** All traces of a walk on one line of time, and the hops they make. */

import { untouched } from "./stack.js";
import { stationNetns, stationOf } from "./stations.js";
/** @import { Step, Timeline, Walk } from "../types.js" */

/**
 * @param {Walk} walk
 * @returns {Timeline}
 */
export function timeline(walk) {
  const places = new Map(walk.topology.map((p) => [p.netns, p]));
  const all = walk.traces.flatMap((trace, t) =>
    trace.steps.map((step, index) => ({ trace: t, index, step })),
  );
  all.sort((a, b) => a.step.seq - b.step.seq || a.trace - b.trace || a.index - b.index);
  const latest = new Map();
  const moments = [];
  const hops = [];
  for (const [i, m] of all.entries()) {
    const previous = latest.get(m.trace) ?? null;
    const before = previous === null ? null : moments[previous].station;
    const station = stationOf(m.step, before, places.get(m.step.netns));
    const hop = hops.at(-1);
    if (hop && hop.netns === m.step.netns && hop.trace === m.trace) hop.to = i;
    else hops.push({ netns: m.step.netns, trace: m.trace, from: i, to: i });
    moments.push({ i, ...m, station, previous, hop: hops.length - 1 });
    latest.set(m.trace, i);
  }
  return { moments, hops, last: walk.traces.map((_, t) => latest.get(t) ?? -1) };
}

/**
 * A hook where nothing matched (the chain's policy, if anything, decided) and nothing changed: the list may
 * fold it away.
 */
export const foldable = (step) =>
  step.event === "hook" && (!step.entry || step.entry.line.startsWith(":")) && untouched(step);

/**
 * How long a step plays at speed 1, in ms: what changes the packet or moves it takes longest.
 * @param {Step} step
 */
export function lasts(step) {
  if (foldable(step)) return 350;
  if (["encap", "decap", "drop", "nat", "fragment", "fdb"].includes(step.event)) return 2200;
  return step.event === "hook" ? 1000 : 1400;
}

/** @typedef {{at: number, kind: string}} Tick  what stands out on the bar: at this step */

/** Where hops and packets begin, and what happens to them. @param {Timeline} line @returns {Tick[]} */
export function ticks({ moments, hops }) {
  const out = hops.map((h, k) => {
    const other = k > 0 && hops[k - 1].trace !== h.trace;
    return { at: h.from, kind: other ? "trace" : "hop" };
  });
  for (const { i, step } of moments)
    if (["encap", "decap", "drop"].includes(step.event)) out.push({ at: i, kind: step.event });
  return out;
}

/** Packets that are under way but not the one shown: [trace, moment] each. */
export function waiting(line, i) {
  const now = line.moments[i].trace;
  const seen = new Map();
  for (let k = 0; k < i; k++) seen.set(line.moments[k].trace, k);
  return [...seen].filter(([trace, k]) => trace !== now && k < line.last[trace]);
}

/** The netns in the order of the walk: the first trace first. @param {Timeline} line */
export function visits(line, trace) {
  const out = [];
  for (const m of line.moments) if (m.trace === trace && out.at(-1) !== m.station) out.push(m.station);
  return out;
}

export { stationNetns };
