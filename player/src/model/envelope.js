/** The geometry of a wrapped packet: nested envelopes, widths in proportion to bytes. */

import { ease, fitting, mix, ramp } from "./numbers.js";
import { gist, partners, protoLabel, roles } from "./stack.js";

/** @import { Header } from "../types.js" */

/** Height of a title line, of the innermost box, and the rim that shows at the right and below. */
const TITLE = 16;
const CORE = 20;
const RIM = 2;
/** More payload than this is drawn with a break in it. */
export const CUT = 72;

const shown = (stack, i) => (i === stack.length - 1 ? Math.min(stack[i].size, CUT) : stack[i].size);

/** Bytes drawn in full. @param {Header[]} stack */
export const shownBytes = (stack) => stack.reduce((n, _, i) => n + shown(stack, i), 0);
/** Pixels that rims add to the width. @param {Header[]} stack */
export const rims = (stack) => RIM * Math.max(0, stack.length - 1);
/** @param {Header[]} stack */
export const heightOf = (stack) => Math.max(0, stack.length - 1) * (TITLE + RIM) + CORE;

/**
 * @typedef {{
 *   role: string, title: string, detail: string, solid: boolean, cut: boolean, x: number, y: number,
 *   w: number, h: number, strip: number, opacity: number,
 * }} Envelope
 * @param {Header[]} stack
 * @param {number} scale pixels for one byte
 * @returns {{w: number, h: number, boxes: Envelope[]}}
 */
export function envelopes(stack, scale) {
  const known = drawn.get(stack);
  if (known?.scale === scale) return known;
  const made = { scale, ...measured(stack, scale) };
  drawn.set(stack, made);
  return made;
}

/** A stack is drawn in many frames but measured once. @type {WeakMap<object, any>} */
const drawn = new WeakMap();

function measured(stack, scale) {
  const names = roles(stack);
  const w = shownBytes(stack) * scale + rims(stack);
  const h = heightOf(stack);
  let x = 0;
  const boxes = stack.map((header, i) => {
    const strip = shown(stack, i) * scale;
    const solid = i === stack.length - 1;
    const room = solid ? strip : w - i * RIM - x - strip;
    const box = {
      role: names[i],
      ...titles(header, room - 8),
      solid,
      cut: shown(stack, i) < header.size,
      x,
      y: i * TITLE,
      w: w - i * RIM - x,
      h: h - i * (TITLE + RIM),
      strip,
      opacity: 1,
    };
    x += strip;
    return box;
  });
  return { w, h, boxes };
}

/** The longest words that have room, and a detail at the right if that has room too. */
function titles(header, room) {
  const name = protoLabel(header);
  const short = name === "Ethernet" ? "Eth" : name;
  const title = fitting([`${name} ${header.size}`, `${short} ${header.size}`, short, ""], room);
  const left = room - title.length * 6.3 - 10;
  const says = gist(header);
  return { title, detail: says && title ? fitting([says, says.replace(/^.* → /, "→ "), ""], left) : "" };
}

/**
 * Between two stacks: what stays glides, what is new closes around it one header after another, what goes
 * opens and fades.
 * @param {Header[]} before @param {Header[]} after
 * @param {number} scale @param {number} e 0..1
 */
export function morph(before, after, scale, e) {
  const to = envelopes(after, scale);
  if (e >= 1 || !before.length) return to;
  const from = envelopes(before, scale);
  const was = partners(before, after);
  const smooth = ease(e);
  const leaving = from.boxes.filter((_, i) => !was.includes(i));
  const coming = to.boxes.filter((_, i) => was[i] < 0);
  const boxes = leaving.map((box, n) => loose(box, 1 - turn(leaving.length - 1 - n, leaving.length, 1 - e)));
  for (const [i, box] of to.boxes.entries()) {
    if (was[i] >= 0) boxes.push(between(from.boxes[was[i]], box, smooth, e));
    else boxes.push(loose(box, 1 - turn(coming.length - 1 - coming.indexOf(box), coming.length, e)));
  }
  return { w: mix(from.w, to.w, smooth), h: mix(from.h, to.h, smooth), boxes };
}

/** The share of its own move that the nth of several headers has made: innermost first. */
const turn = (nth, of, e) => ease(ramp(e, (nth / (of + 1)) * 0.9, ((nth + 2) / (of + 1)) * 0.9));

/** An envelope that stands off by `gap` (1 is invisible and wide, 0 is closed). */
function loose(box, gap) {
  const d = 16 * gap;
  return {
    ...box,
    x: box.x - d,
    y: box.y - d,
    w: box.w + 2 * d,
    h: box.h + 2 * d,
    opacity: Math.max(0, 1 - gap * 1.15),
  };
}

const between = (a, b, s, e) => ({
  ...(e < 0.5 ? a : b),
  x: mix(a.x, b.x, s),
  y: mix(a.y, b.y, s),
  w: mix(a.w, b.w, s),
  h: mix(a.h, b.h, s),
  strip: mix(a.strip, b.strip, s),
  opacity: 1,
});
