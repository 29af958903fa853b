/**
 * From a walk and a width to places on the screen; pure, derived by rules, nothing set by hand for a
 * scenario.
 */

import { heightOf, rims, shownBytes } from "../model/envelope.js";
import { neighbours } from "./columns.js";
import { labelOf } from "./labels.js";
import { lanes, placesOf } from "./lanes.js";
import { tall } from "./tall.js";
import { wide } from "./wide.js";
/** @import { Point, Timeline, Walk } from "../types.js" */

/** Below this width the diagram is one column. */
export const NARROW = 560;
/** With less room than this for the packet, lanes side by side do not help. */
const LEAST_ZONE = 190;
/** Space above the packet for its name, and below it for its end. */
export const CAPTION = 20;
export const VERDICT = 56;

/**
 * @typedef {{
 *   id: string, x: number, y: number, w: number, h: number, ax: number, ay: number, lane: string,
 *   column: string|null, lead: Point[], rail?: boolean, inCard?: boolean, label?: any,
 * }} Station
 * @typedef {{
 *   left: number, right: number, top: number, bottom: number,
 * }} Zone  where the packet may stand: no label is there
 * @typedef {{
 *   kind: "wide"|"tall", width: number, height: number, wireY: number, zone: Zone,
 *   stations: Map<string, Station>, lanes: any[], cards: any[],
 * }} Bare  where things stand
 * @typedef {Bare & {
 *   tracks: Point[][], scale: number, span: {left: number, right: number},
 * }} Layout  with the ways between them, pixels of a byte, and where the ways lie
 *
 * @param {Walk} walk @param {Timeline} line @param {number} width
 * @returns {Layout}
 */
export function layout(walk, line, width) {
  const places = placesOf(walk, line);
  const stacks = line.moments.flatMap((m) => [m.step.before, m.step.after]).filter((s) => s.length);
  const need = {
    w: Math.max(...stacks.map(shownBytes)),
    h: Math.max(...stacks.map(heightOf)) + CAPTION + VERDICT,
  };
  const scene = { lanes: lanes(walk, line), places, line, width, need };
  let out = width < NARROW ? null : wide({ ...scene, height: 420 });
  if (!out || out.zone.right - out.zone.left < LEAST_ZONE) out = tall({ ...scene, height: 620 });
  const x = [...out.stations.values()].map((s) => s.ax);
  const room = out.zone.right - out.zone.left;
  for (const s of out.stations.values()) s.label = labelOf(s.id, places, s.w - 18);
  const routes = new Map();
  for (const [a, b] of neighbours(line)) {
    const key = [a, b].sort().join(" ");
    if (!routes.has(key)) routes.set(key, route(out, a, b));
  }
  return {
    ...out,
    tracks: [...routes.values()],
    scale: Math.min(2.2, ...stacks.map((s) => (room - rims(s)) / shownBytes(s))),
    span: { left: Math.min(...x), right: Math.max(...x) },
  };
}

/**
 * The way from one station to another, in right angles.
 * @param {Bare} out @param {string} from @param {string} to
 * @returns {Point[]}
 */
export function route(out, from, to) {
  const a = out.stations.get(from);
  const b = out.stations.get(to);
  const A = { x: a.ax, y: a.ay };
  const B = { x: b.ax, y: b.ay };
  if (from === to) return [A];
  if (out.kind === "tall") return [A, B];
  if (a.lane !== b.lane) return [A, { x: A.x, y: out.wireY }, { x: B.x, y: out.wireY }, B];
  if (a.rail && b.rail) return [A, B];
  if (a.rail) return [A, { x: B.x, y: A.y }, B];
  if (b.rail) return [A, { x: A.x, y: B.y }, B];
  if (a.column !== null && a.column === b.column) return [A, B];
  return [A, ...a.lead, ...[...b.lead].reverse(), B];
}
