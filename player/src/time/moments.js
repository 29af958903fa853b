/** Everything that happens, by its time: the places where a reader can stop. */

import { forgotten, laneName, lanesOf, probeTitle, saying, spanWords } from "./words.js";

/** @import { Happening, Kind, Moment, Story } from "./types.js" */

/** What happens at one time is told in this order. @type {Kind[]} */
const ORDER = ["deed", "line", "probe", "state", "came", "sent", "lost"];
/** Kinds that change something for packets, or begin such a change. */
const TURNS = new Set(["deed", "line", "probe"]);

/** @param {Story} story @returns {Happening[]} in the order of time */
export function happenings(story) {
  const lanes = lanesOf(story);
  const name = (id) => laneName(lanes.get(id));
  /** @returns {Happening} */
  const make = (at, kind, where, says, why = "") => ({ at, kind, where, says, why });
  const messages = story.messages.flatMap((m) => {
    const [from, to, words] = [name(m.src), name(m.dst), saying(m)];
    if (m.lost) return [make(m.at, "lost", from, `sends ${to} ${words}, which is lost`)];
    return [
      make(m.at, "sent", from, `sends ${to} ${words}`),
      make(m.until, "came", to, `hears ${words} from ${from}`),
    ];
  });
  const lines = story.changes.map((c) =>
    make(c.at, "line", c.node, `${c.by} ${c.added ? "adds" : "deletes"} ${c.line}`, c.why),
  );
  const forgets = (story.conntrack ?? []).map((c) => make(c.at, "line", c.node, forgotten(c), c.why));
  const probes = story.probes.flatMap((probe) =>
    probe.spans
      .filter((span) => span.from > 0)
      .map((span) => make(span.from, "probe", probeTitle(probe), spanWords(span, probe.every), span.what)),
  );
  const all = [
    ...story.deeds.map((deed) => make(deed.at, "deed", "", deed.what)),
    ...messages,
    ...story.states.map((state) => make(state.at, "state", name(state.lane), state.what)),
    ...lines,
    ...forgets,
    ...probes,
  ];
  const rank = ({ at, kind }) => [at, ORDER.indexOf(kind)];
  return all.sort((a, b) => rank(a)[0] - rank(b)[0] || rank(a)[1] - rank(b)[1]);
}

/**
 * The moments of stories on one time axis: 0, every time at which something happens, the end.
 * @param {Story[]} stories @returns {Moment[]}
 */
export function moments(stories) {
  const end = Math.max(...stories.map((story) => story.until));
  const told = stories.map(happenings);
  const times = new Set([0, end, ...told.flat().map(({ at }) => at)]);
  return [...times]
    .sort((a, b) => a - b)
    .map((at) => {
      const here = told.map((list) => list.filter((each) => each.at === at));
      return { at, happenings: here, turns: here.flat().some(({ kind }) => TURNS.has(kind)) };
    });
}

/** The last moment at or before a time. @param {Moment[]} all @param {number} t */
export const indexAt = (all, t) =>
  Math.max(
    0,
    all.findLastIndex(({ at }) => at <= t),
  );

/** The next moment after a time; with `turning` the next at which something turns; else the last. */
export function after(all, t, turning = false) {
  return all.find(({ at, turns }) => at > t && (turns || !turning)) ?? all.at(-1);
}

/** The moment before a time, in the same way; else the first. */
export function before(all, t, turning = false) {
  return all.findLast(({ at, turns }) => at < t && (turns || !turning)) ?? all[0];
}
