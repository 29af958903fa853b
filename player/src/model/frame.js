/** What is on the screen at a time t: a pure function of the walk, its layout and t. */
import { CAPTION, route, VERDICT } from "../layout/layout.js";
import { morph } from "./envelope.js";
import { along, clamp, ease, ramp } from "./numbers.js";
import { waiting } from "./timeline.js";

/** @import { Layout } from "../layout/layout.js" */
/** @import { Moment, Point, Step, Timeline } from "../types.js" */
/** @import { Envelope } from "./envelope.js" */

/** A transition moves in its first part and rests in the other. */
const MOVING = 0.62;

/**
 * @typedef {{
 *   i: number, e: number, moment: Moment, dot: Point, trail: Point[],
 *   packet: {x: number, y: number, w: number, h: number, opacity: number, boxes: Envelope[]}, leader: Point,
 *   right: boolean, end: string|null, waiting: {trace: number, station: string, dot: Point}[],
 * }} Frame
 *
 * @param {{line: Timeline, layout: Layout}} scene
 * @param {number} t  0 is the first step done, n - 1 the last; between two whole numbers the later step is
 *   being done
 * @returns {Frame}
 */
export function frame({ line, layout }, t) {
  const last = line.moments.length - 1;
  const time = clamp(Number.isFinite(t) ? t : 0, 0, last);
  const i = Math.ceil(time);
  const moment = line.moments[i];
  const { step } = moment;
  const share = i === time ? 1 : ramp(time - i + 1, 0, MOVING);
  const shift = i > 0 && line.moments[i - 1].trace !== moment.trace;
  const e = shift ? ramp(share, 0.3, 1) : share;
  const { way, come, rest } = journey(line, layout, i);
  const dot = along(way, ease(e));
  const body = morph(
    moment.previous === null || step.event === "drop" ? packetOf(step) : step.before,
    packetOf(step),
    layout.scale,
    e,
  );
  const packet = { ...body, ...place(layout, dot, body), opacity: shift ? ramp(share, 0, 0.3) : 1 };
  return {
    i,
    e,
    moment,
    dot,
    packet,
    trail: [...come, ...upTo(way, dot)],
    leader: nearest(packet, dot),
    right: layout.kind === "wide" && dot.x > (layout.zone.left + layout.zone.right) / 2,
    end: e >= 1 && step.event === "drop" ? "drop" : null,
    waiting: rest,
  };
}

/** What depends on the step alone, kept for the frames between. @type {WeakMap<object, Map<number, any>>} */
const journeys = new WeakMap();

function journey(line, layout, i) {
  if (!journeys.has(layout)) journeys.set(layout, new Map());
  const known = journeys.get(layout);
  if (!known.has(i)) {
    const moment = line.moments[i];
    const before = moment.previous === null ? moment : line.moments[moment.previous];
    known.set(i, {
      way: route(layout, before.station, moment.station),
      come: comeBy(line, layout, moment),
      rest: waiting(line, i).map(([trace, k]) => ({
        trace,
        station: line.moments[k].station,
        dot: anchor(layout, line.moments[k].station),
      })),
    });
  }
  return known.get(i);
}

/** The packet a step leaves; a drop shows what was dropped. @param {Step} step */
export const packetOf = (step) => (step.after.length && step.event !== "drop" ? step.after : step.before);

const anchor = (layout, id) => ({ x: layout.stations.get(id).ax, y: layout.stations.get(id).ay });

/** The packet stands beside its point, always inside the zone that no label enters. */
function place({ kind, zone, span: { left, right } }, dot, { w, h }) {
  const y = clamp(dot.y - (h + CAPTION) / 2 + CAPTION, zone.top + CAPTION, zone.bottom - h - VERDICT);
  if (kind === "tall") return { x: zone.left, y };
  const share = right > zone.right - 20 ? clamp((dot.x - left) / (right - left || 1), 0, 1) : 0;
  return { x: zone.left + share * Math.max(0, zone.right - zone.left - w), y };
}

/** The point of the packet's edge nearest to where it is. */
const nearest = (p, dot) => ({ x: clamp(dot.x, p.x, p.x + p.w), y: clamp(dot.y, p.y + 6, p.y + p.h - 6) });

/** The way this packet has come before the step. */
function comeBy(line, layout, moment) {
  const stations = [];
  for (let k = moment.previous; k !== null; k = line.moments[k].previous)
    if (stations.at(-1) !== line.moments[k].station) stations.push(line.moments[k].station);
  stations.reverse();
  const out = stations.length ? [anchor(layout, stations[0])] : [];
  for (let k = 1; k < stations.length; k++) out.push(...route(layout, stations[k - 1], stations[k]).slice(1));
  return out;
}

/** The corners already passed on a way, and the point reached. */
function upTo(way, dot) {
  const at = way.findIndex((p, k) => k > 0 && between(way[k - 1], p, dot));
  return [...way.slice(1, at < 0 ? way.length : at), dot];
}

const between = (a, b, p) =>
  p.x >= Math.min(a.x, b.x) - 0.01 &&
  p.x <= Math.max(a.x, b.x) + 0.01 &&
  p.y >= Math.min(a.y, b.y) - 0.01 &&
  p.y <= Math.max(a.y, b.y) + 0.01;
