/** Where each step stands: a station is a device, or the IP layer of a network namespace. */
import { depth } from "./stack.js";

const ON_DEVICE = new Set(["ingress", "egress", "encap", "decap", "neigh", "fdb", "bridge", "learn"]);
export const STACK = "#ip";

/** @param {string} netns @param {string} name */
export const stationId = (netns, name) => `${netns}|${name}`;
/** @param {string} id */
export const stationNetns = (id) => id.slice(0, id.indexOf("|"));
/** @param {string} id */
export const stationName = (id) => id.slice(id.indexOf("|") + 1);

/**
 * @param {import("../types.js").Step} step
 * @param {string|null} last  the station of the step before in the same trace
 * @param {boolean} node      whether the netns is a node's: there the IP layer is met once for each wrapping
 */
export function stationOf(step, last, node) {
  if (step.event === "drop" && last && stationNetns(last) === step.netns) return last;
  if (step.dev && step.dev !== "lo" && ON_DEVICE.has(step.event)) return stationId(step.netns, step.dev);
  const layers = node ? Math.max(1, depth(step.before.length ? step.before : step.after)) : 1;
  return stationId(step.netns, layers > 1 ? `${STACK}${layers}` : STACK);
}
