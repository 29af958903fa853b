/**
 * Lanes side by side: down the sending node, along the wire, up the receiving node, the packet in between.
 */

import { clamp } from "../model/numbers.js";
import { columnsOf } from "./columns.js";

/** @import { Timeline } from "../types.js" */
/** @import { Lane } from "./lanes.js" */
/** @import { Bare } from "./layout.js" */

const PAD = 10;
const TITLE = 24;
const WIRE = 34;
const TRACK = 15;
const GAP = 8;
/** Width of a pod that the first packet does not visit, and the space beside it. */
const EXTRA = 70;
const BESIDE = 16;
/** A lane in the middle is so wide, or as wide as its ports need for their names. */
const MIDDLE = 250;
const PORT = 110;
/** A station grows no higher than this. */
const TALLEST = 36;

/**
 * @param {{lanes: Lane[], line: Timeline, width: number, height: number, need: {w: number, h: number}}} scene
 * @returns {Bare}
 */
export function wide(scene) {
  const parts = scene.lanes.map((lane) => ({ lane, ...columnsOf(lane, scene.line) }));
  const [first] = parts;
  const single = parts.length === 1;
  const both = single && first.columns.length > 1;
  const rows = Math.max(...parts.map((p) => depthOf(p)));
  const middle = single ? [] : parts.slice(1, -1);
  const midRows = Math.max(0, ...middle.map((p) => depthOf(p)));
  const inside = scene.height - TITLE - WIRE - 24;
  const pitch = clamp(inside / rows, 33, 52);
  const height = Math.max(
    scene.height,
    rows * pitch + TITLE + WIRE + 24,
    midRows * pitch + TITLE + scene.need.h + WIRE + 44,
  );
  const floor = height - (single && !first.ports.length ? 10 : WIRE + 8);
  const box = { stations: new Map(), lanes: [], cards: [], pitch, floor };
  const column =
    clamp(scene.width * 0.25, 148, 210) -
    PAD -
    TRACK * 2 -
    (parts.some((p) => p.columns.length > 1) && !both ? 16 : 0);
  const zone = { left: PAD, right: scene.width - PAD, top: 8, bottom: floor - 6 };

  if (both) sameNode(box, first, scene.width, column, zone);
  else {
    const left = side(box, first, 2, column, 1, scene.width);
    zone.left = left.x + left.w + 12;
    if (!single) zone.right = side(box, parts.at(-1), 2, column, -1, scene.width).x - 12;
    middleLanes(box, middle, zone);
  }
  return {
    kind: "wide",
    width: scene.width,
    height,
    wireY: floor + 14,
    zone,
    stations: box.stations,
    lanes: box.lanes,
    cards: box.cards,
  };
}

const trunkRows = (part) => part.trunk.length - (part.ports.length > 1 ? part.ports.length - 1 : 0);
const depthOf = (part) => Math.max(0, ...part.columns.map((c) => c.stations.length)) + trunkRows(part);

const put = (box, id, rect, anchor, more = {}) =>
  box.stations.set(id, { id, ...rect, ax: anchor.x, ay: anchor.y, ...more });

/** Stations of one pod: its own in a card at the top, the node's end of its cable close above the trunk. */
function podColumn(box, column, x, w, track, top, bottom, lane, lead) {
  const h = Math.min(box.pitch - GAP, TALLEST);
  const rest = column.stations.length - column.own;
  for (const [i, id] of column.stations.entries()) {
    const y = i < column.own ? top + i * box.pitch : bottom - (rest - (i - column.own)) * box.pitch;
    put(
      box,
      id,
      { x, y, w, h },
      { x: track, y: y + h / 2 },
      { lane, column: column.pod, lead, inCard: i < column.own },
    );
  }
  box.cards.push({ pod: column.pod, x: x - 5, y: top - 4, w: w + 10, h: column.own * box.pitch });
}

/** A lane at the left (dir 1) or right (dir -1) edge; its track runs on the inner side. */
function side(box, part, x0, column, dir, width) {
  const count = Math.max(1, part.columns.length);
  const w = column + (count - 1) * (EXTRA + BESIDE) + PAD + TRACK * 2;
  const x = dir > 0 ? x0 : width - w - x0;
  const rect = { ...part.lane, x, y: 4, w, h: box.floor - 4 };
  box.lanes.push(rect);
  const track = dir > 0 ? x + w - TRACK : x + TRACK;
  const inner = dir > 0 ? x + PAD + (count - 1) * (EXTRA + BESIDE) : x + TRACK * 2;
  const trunkTop = box.floor - 8 - trunkRows(part) * box.pitch + GAP / 2;
  for (const [i, col] of part.columns.entries()) {
    const cw = i === 0 ? column : EXTRA;
    const out = (i - 1) * (EXTRA + BESIDE);
    const cx = i === 0 ? inner : dir > 0 ? inner - BESIDE - EXTRA - out : inner + column + BESIDE + out;
    const own = i === 0 ? track : cx + (dir > 0 ? EXTRA + BESIDE / 2 : -BESIDE / 2);
    const lead =
      i === 0
        ? []
        : [
            { x: own, y: trunkTop - GAP / 2 - 1 },
            { x: track, y: trunkTop - GAP / 2 - 1 },
          ];
    podColumn(box, col, cx, cw, own, 4 + TITLE + 6, trunkTop, part.lane.node, lead);
  }
  const tx = dir > 0 ? x + PAD : x + TRACK * 2;
  trunkStations(box, part, tx, w - PAD - TRACK * 2, track, trunkTop);
  return rect;
}

/** The trunk, from the top; two or more ports share the lowest row. */
function trunkStations(box, part, x, w, track, top) {
  const h = Math.min(box.pitch - GAP, TALLEST);
  const lane = part.lane.node;
  const shared = part.ports.length > 1 ? part.ports : [];
  const single = part.trunk.filter((id) => !shared.includes(id));
  for (const [i, id] of single.entries()) {
    const y = top + i * box.pitch;
    put(box, id, { x, y, w, h }, { x: track, y: y + h / 2 }, { lane, column: null, lead: [] });
  }
  const y = top + single.length * box.pitch;
  const pw = (w - (shared.length - 1) * 22) / (shared.length || 1);
  for (const [i, id] of shared.entries()) {
    const px = x + i * (pw + 22);
    const last = i === shared.length - 1;
    const ax = last ? track : px + pw + 11;
    const lead = last
      ? []
      : [
          { x: ax, y: y - GAP / 2 },
          { x: track, y: y - GAP / 2 },
        ];
    put(box, id, { x: px, y, w: pw, h }, { x: ax, y: y + h / 2 }, { lane, column: id, lead });
  }
}

/** Routers and relays stand low between the two ends; the packet passes above them. */
function middleLanes(box, parts, zone) {
  if (!parts.length) return;
  const room = (zone.right - zone.left) / parts.length;
  for (const [i, part] of parts.entries()) {
    const w = Math.min(room - 8, Math.max(MIDDLE, part.ports.length * PORT));
    const rows = depthOf(part);
    const h = rows * box.pitch + TITLE + 14;
    const y = box.floor - h;
    const x = zone.left + room * i + (room - w) / 2;
    box.lanes.push({ ...part.lane, x, y, w, h });
    zone.bottom = Math.min(zone.bottom, y - 6);
    const track = x + w - TRACK;
    const trunkTop = box.floor - 8 - trunkRows(part) * box.pitch + GAP / 2;
    for (const [k, col] of part.columns.entries()) {
      const cw = (w - PAD - TRACK * 2) / part.columns.length - (k ? 11 : 0);
      podColumn(box, col, x + PAD + k * (cw + 22), cw, track, y + TITLE + 2, trunkTop, part.lane.node, []);
    }
    trunkStations(box, part, x + PAD, w - PAD - TRACK * 2, track, trunkTop);
  }
}

/** Two pods of one node: down on the left, through what they share, up on the right. */
function sameNode(box, part, width, column, zone) {
  const lane = { ...part.lane, x: 2, y: 4, w: width - 4, h: box.floor - 4 };
  box.lanes.push(lane);
  const top = 4 + TITLE + 6;
  const trunkTop = box.floor - 8 - trunkRows(part) * box.pitch + GAP / 2;
  const target = part.columns.length - 1;
  const leftX = 2 + PAD;
  const rightX = width - 2 - PAD - column;
  for (const [i, col] of part.columns.entries()) {
    const right = i === (part.columns.length > 2 ? 1 : target);
    const nth = right || i === 0 ? 0 : i - 1;
    const x = right ? rightX : leftX + nth * (column + 24);
    podColumn(box, col, x, column, right ? x - 13 : x + column + 13, top, trunkTop, part.lane.node, []);
    if (!right) zone.left = Math.max(zone.left, x + column + 24);
  }
  zone.right = rightX - 24;
  zone.bottom = trunkTop - 8;
  const h = Math.min(box.pitch - GAP, TALLEST);
  for (const [i, id] of part.trunk.entries()) {
    const y = trunkTop + i * box.pitch;
    put(
      box,
      id,
      { x: leftX, y, w: width - 4 - 2 * PAD, h },
      { x: width / 2, y: y - GAP / 2 },
      { lane: part.lane.node, column: null, lead: [], rail: true },
    );
  }
}
