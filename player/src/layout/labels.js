/** What is written on a station. */

import { shorten, textWidth } from "../model/numbers.js";
import { STACK, stationName, stationNetns } from "../model/stations.js";
/** @import { Place } from "../types.js" */

/**
 * @param {string} id @param {Map<string, Place>} places @param {number} room pixels
 * @returns {{name: string, detail: string, full: string, mono: boolean, head: boolean}}
 */
export function labelOf(id, places, room) {
  const place = places.get(stationNetns(id));
  const name = stationName(id);
  if (name.startsWith(STACK)) {
    if (place.kind === "pod")
      return fit(place.label || place.netns, [place.address], room, { mono: false, head: true });
    const outer = name !== STACK;
    return fit(outer ? "outer IP" : "IP layer", ["route, netfilter", "routing"], room, {
      mono: false,
      head: false,
    });
  }
  const device = place.devices.find((d) => d.name === name);
  return fit(name, device ? [`${device.kind} · MTU ${device.mtu}`, `MTU ${device.mtu}`] : [], room, {
    mono: true,
    head: false,
  });
}

function fit(name, details, room, kind) {
  const short = shorten(name, room, 12);
  const left = room - textWidth(short, 12, true) - 8;
  const detail = details.find((d) => d && textWidth(d, 11) <= left) ?? "";
  return { name: short, detail, full: [name, ...details.slice(0, 1)].filter(Boolean).join(", "), ...kind };
}
