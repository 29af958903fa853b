/** Small arithmetic of drawing. */
/** @import { Point } from "../types.js" */

export const clamp = (x, low, high) => Math.max(low, Math.min(Math.max(low, high), x));
export const mix = (a, b, e) => a + (b - a) * e;
/** 0 before `from`, 1 after `to`. */
export const ramp = (x, from, to) => clamp((x - from) / (to - from), 0, 1);
export const ease = (e) => e * e * (3 - 2 * e);

/** Width of a text in pixels, on the safe side. @param {string} text */
export const textWidth = (text, size = 11, mono = false) => text.length * size * (mono ? 0.62 : 0.575);
/** The first of several texts that fits; the last one fits always. @param {string[]} texts */
export const fitting = (texts, room, size = 11, mono = false) =>
  texts.find((t) => textWidth(t, size, mono) <= room) ?? texts.at(-1);

/** Keep the ends of a name that is too long: they are what tells names apart. */
export function shorten(name, room, size = 12) {
  const n = Math.floor(room / (size * 0.62));
  if (name.length <= n) return name;
  const tail = Math.floor((n - 1) / 2);
  return n < 3
    ? name.slice(0, Math.max(1, n))
    : `${name.slice(0, n - 1 - tail)}…${name.slice(name.length - tail)}`;
}

/** @param {Point[]} points */
export function lengths(points) {
  const out = [0];
  for (let i = 1; i < points.length; i++)
    out.push(out[i - 1] + Math.abs(points[i].x - points[i - 1].x) + Math.abs(points[i].y - points[i - 1].y));
  return out;
}

/** The point at a share of a polyline's length. @param {Point[]} points */
export function along(points, share) {
  const run = lengths(points);
  const target = run.at(-1) * share;
  const i = run.findIndex((l) => l >= target);
  if (i <= 0) return points[0];
  const e = (target - run[i - 1]) / (run[i] - run[i - 1] || 1);
  return { x: mix(points[i - 1].x, points[i].x, e), y: mix(points[i - 1].y, points[i].y, e) };
}
