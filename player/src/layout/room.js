/** The room that the packet leaves in its zone, for words. */
import { frame } from "../model/frame.js";
import { CAPTION } from "./layout.js";

/** @import { Timeline } from "../types.js" */
/** @import { Layout } from "./layout.js" */

/** With less room than this the words stand below the picture only. */
const LEAST = 70;
/** Between the words and the packet; below a packet that ends stands why. */
const AWAY = 8;
const END = 44;

/**
 * The room for words at a step: what the packet leaves of its zone.
 * @param {{line: Timeline, layout: Layout}} scene @param {number} i
 */
export function roomAt({ line, layout }, i) {
  const { packet, waiting } = frame({ line, layout }, i);
  const { zone } = layout;
  const ends = line.moments[i].step.event === "drop" || waiting.length > 0;
  const above = { top: zone.top, bottom: packet.y - CAPTION - AWAY };
  const below = { top: packet.y + packet.h + (ends ? END : AWAY), bottom: zone.bottom };
  const room = above.bottom - above.top > below.bottom - below.top ? above : below;
  return room.bottom - room.top < LEAST
    ? null
    : { ...room, left: zone.left, right: zone.right, below: room === below };
}
