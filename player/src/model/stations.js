/** Where each step stands: a station is a device, or the IP layer of a network namespace. */
import { depth } from "./stack.js";

/** @import { Place, Step } from "../types.js" */

const ON_DEVICE = new Set(["ingress", "egress", "encap", "decap", "neigh", "fdb", "bridge", "learn"]);
export const STACK = "#ip";

/** @param {string} netns @param {string} name */
export const stationId = (netns, name) => `${netns}|${name}`;
/** @param {string} id */
export const stationNetns = (id) => id.slice(0, id.indexOf("|"));
/** @param {string} id */
export const stationName = (id) => id.slice(id.indexOf("|") + 1);

/** Nothing below IP reaches the IP layer: ARP is the device's own business. */
const belowIp = (stack) => stack.length > 0 && stack.every((h) => h.proto !== "ip");

const BY_BRIDGE = new Set(["hook", "nat", "fragment", "reassemble"]);
/**
 * With br_netfilter a bridge calls the hooks itself (and joins fragments for them), before the packet has
 * reached the IP layer.
 */
const onBridge = (step, last, place) =>
  BY_BRIDGE.has(step.event) &&
  place?.devices.some((d) => d.name === step.dev && d.kind === "bridge") &&
  last !== null &&
  stationNetns(last) === step.netns &&
  !stationName(last).startsWith(STACK);

/**
 * @param {Step} step
 * @param {string|null} last  the station of the step before in the same trace
 * @param {Place|undefined} place  in a node the IP layer is met once for each wrapping
 */
export function stationOf(step, last, place) {
  if (step.event === "drop" && last && stationNetns(last) === step.netns) return last;
  const stack = step.before.length ? step.before : step.after;
  if (
    step.dev &&
    step.dev !== "lo" &&
    (ON_DEVICE.has(step.event) || belowIp(stack) || onBridge(step, last, place))
  )
    return stationId(step.netns, step.dev);
  const layers = place?.kind === "node" ? Math.max(1, depth(stack)) : 1;
  return stationId(step.netns, layers > 1 ? `${STACK}${layers}` : STACK);
}
