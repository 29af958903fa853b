/** Deeds as flags, and what programs say of themselves as marks: where they stand. Pure functions. */
import { fitted } from "./labels.js";
import { DOWN, STATE, WIDE } from "./sizes.js";
/** @import { State } from "./types.js" */

/** What a program says of itself at one time: a mark, and where there is room its words, all or the last. */
export function statesOf({ states }, lane, at, length, tall) {
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
export const reaching = (raised, bands) =>
  raised.map((flag) => {
    const own = bands.filter(({ node }) => node === flag.deed.node);
    const from = WIDE.axis + flag.row * WIDE.flag;
    return {
      ...flag,
      from,
      reach: own.length ? own[0].middle : Math.max(...bands.map((b) => b.start + b.size)),
    };
  });

/** Flags of a tall picture: rows over all lanes, each above its moment, and above what is sent then. */
export const rowsOf = (deeds, at, reach) =>
  deeds.map((deed, k) => {
    const row = deeds.slice(0, k).filter((each) => each.at === deed.at).length;
    const start = at(deed.at) - (row + 1) * DOWN.flag - DOWN.lift;
    return {
      deed,
      from: DOWN.axis,
      reach,
      text: deed.what,
      at: at(deed.at),
      start,
      end: start + DOWN.flag,
    };
  });
