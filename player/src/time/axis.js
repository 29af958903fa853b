/** The axis of one picture or of two: room for what happens together, and the times that stand on it. */
import { spread } from "./labels.js";
import { scale } from "./scale.js";
import { DOWN, LEAST, PAD, SLOT, WIDE } from "./sizes.js";
import { lengthWords, shortTime } from "./words.js";
/** @import { Scale } from "./scale.js" */
/** @import { Message, Moment, Story } from "./types.js" */

/** @typedef {Scale & {pad: number}} Axis  `pad` is left free before its start */

/** A message's place among those of its program and time. @param {Story} story @param {Message} m */
export const slotOf = ({ messages }, m) =>
  messages.filter((each) => each.at === m.at && each.src === m.src).indexOf(m);

/** What the flags of a time need above it in a tall picture. */
function flagged({ deeds }, t, tall) {
  const here = tall ? deeds.filter(({ at }) => at === t).length : 0;
  return here ? here * DOWN.flag + DOWN.lift : 0;
}

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
  const own = tall ? DOWN.end : WIDE.names + WIDE.end;
  const extra = extras(stories, times, tall);
  const pad = PAD + Math.max(...stories.map((story) => flagged(story, 0, tall)));
  return { pad, ...scale(times, room - own - pad, { least: tall ? LEAST.tall : LEAST.wide, extra }) };
}

/** Times on the axis, the most telling first; then how long the gaps are, where there is room. */
export function timesOf(moments, of, tall) {
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
