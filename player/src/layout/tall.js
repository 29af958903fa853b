/** One column for a narrow screen: the path from top to bottom, the packet beside it. */

import { clamp } from "../model/numbers.js";
import { stationNetns } from "../model/stations.js";

/** @import { Place } from "../types.js" */
/** @import { Lane } from "./lanes.js" */
/** @import { Bare } from "./layout.js" */

const TITLE = 22;
const BETWEEN = 16;
const GAP = 6;
const PAD = 8;
/** Beside the largest packet stands a sentence, above it or below. */
const SENTENCE = 150;

/**
 * A short way takes no more room than its stations, or the largest packet with its sentence.

 * @param {{
 *   lanes: Lane[], places: Map<string, Place>, width: number, height: number, need: {w: number, h: number},
 * }} scene
 * @returns {Bare}
 */
export function tall(scene) {
  const count = scene.lanes.reduce((n, l) => n + l.along.length, 0);
  const fixed = scene.lanes.length * (TITLE + 12) + (scene.lanes.length - 1) * BETWEEN + 6;
  const pitch = clamp((scene.height - fixed) / count, 30, 38);
  const height = Math.max(fixed + count * pitch, scene.need.h + SENTENCE);
  const w = clamp(scene.width * 0.4, 128, 190);
  const track = 2 + PAD + w + 10;
  const out = { stations: new Map(), lanes: [], cards: [] };
  let y = 3;
  for (const lane of scene.lanes) {
    const top = y;
    y += TITLE;
    for (const [i, id] of lane.along.entries()) {
      const h = pitch - GAP;
      const pod = scene.places.get(stationNetns(id)).kind === "pod" ? stationNetns(id) : null;
      out.stations.set(id, {
        id,
        x: 2 + PAD,
        y: y + GAP / 2,
        w,
        h,
        ax: track,
        ay: y + GAP / 2 + h / 2,
        lane: lane.node,
        column: lane.node,
        lead: [],
        inCard: Boolean(pod),
      });
      if (pod)
        card(out.cards, pod, i > 0 && stationNetns(lane.along[i - 1]) === pod, {
          x: 2 + PAD - 4,
          y: y,
          w: w + 8,
          h: pitch,
        });
      y += pitch;
    }
    y += 8;
    out.lanes.push({ ...lane, x: 2, y: top, w: track + 8 - 2, h: y - top });
    y += BETWEEN + 4;
  }
  const zone = { left: track + 18, right: scene.width - 4, top: 4, bottom: height - 4 };
  return { kind: "tall", width: scene.width, height, wireY: 0, zone, ...out };
}

function card(cards, pod, more, rect) {
  if (more) cards.at(-1).h += rect.h;
  else cards.push({ pod, ...rect });
}
