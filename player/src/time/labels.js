/** Words that must not run into each other. Pure functions. */
/** @import { Deed } from "./types.js" */

/** @typedef {{text: string, at: number, start: number, end: number}} Label  `at` what it speaks of */

/** Pixels of a letter at the size of labels, generously, and around one. */
const LETTER = 6.3;
const AIR = 6;
/** Height of a line. */
const LINE = 14;

export const widthOf = (text) => [...text].length * LETTER + AIR;
const clear = (label, others) => others.every((o) => label.end <= o.start || o.end <= label.start);

/**
 * The first of the texts that has room, from a place on and up to another.
 * @param {string[]} texts @param {number} at @param {number} room @returns {Label|null}
 */
export function fitted(texts, at, room) {
  const labels = texts.map((text) => ({ text, at, start: at, end: at + widthOf(text) }));
  return labels.find((label) => label.end <= room) ?? null;
}

/**
 * Labels on an axis, each on one side of its place, in a tall picture at its height. Lower ranks come first;
 * one that has no room, or says no more than another, is left out.
 * @template {{text: string, at: number, rank: number, gap: boolean}} T
 * @param {T[]} asked @param {boolean} tall @returns {(T & Label)[]}
 */
export function spread(asked, tall) {
  const chosen = [];
  for (const each of [...asked].sort((a, b) => a.rank - b.rank || a.at - b.at)) {
    const size = tall ? LINE : widthOf(each.text);
    const starts = tall || each.gap ? [each.at - size / 2] : [each.at - 1, each.at + 1 - size];
    const labels = starts.map((start) => ({ ...each, start, end: start + size }));
    const free = labels.find((label) => label.start >= 0 && clear(label, chosen));
    if (free && chosen.every(({ text }) => text !== each.text)) chosen.push(free);
  }
  return chosen.sort((a, b) => a.start - b.start);
}

/**
 * Flags above a wide picture: each in the first row that has room; the last of the picture point back.
 * @param {Deed[]} deeds @param {(t: number) => number} place @param {number} length
 */
export function flags(deeds, place, length) {
  const rows = [];
  return [...deeds]
    .sort((a, b) => a.at - b.at)
    .map((deed) => {
      const at = place(deed.at);
      const size = widthOf(deed.what) + LINE;
      const back = at + size > length && at >= size;
      const label = {
        deed,
        text: deed.what,
        at,
        start: back ? at - size : at,
        end: back ? at : at + size,
        back,
      };
      const free = rows.findIndex((row) => clear(label, row));
      const row = free < 0 ? rows.push([]) - 1 : free;
      rows[row].push(label);
      return { ...label, row };
    });
}
