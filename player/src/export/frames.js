/** The frames of a walk as a capture would see them: one for every device a packet enters or leaves. */
import { packetBytes } from "../model/bytes.js";
import { timeline } from "../model/timeline.js";
import { tapped } from "./devices.js";
/** @import { Timeline, Walk } from "../types.js" */

/** Link types of the pcap registry. */
export const ETHERNET = 1,
  RAW = 101;

/**
 * @typedef {{
 *   netns: string, dev: string, link: number, inbound: boolean, bytes: Uint8Array, time: number, of: string,
 * }} Captured  time in ns; `of` names the walk where there are several
 */

/** @param {string} hex */
export const toBytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (b) => parseInt(b, 16) || 0);

/**
 * @param {Timeline} line @param {string} [of]
 * @returns {Captured[]} in the order of the walk, one microsecond for each step
 */
export function captured(line, of = "") {
  return tapped(line).map(({ i, step }) => {
    const inbound = step.event === "ingress";
    const seen =
      [inbound ? step.before : step.after, step.after, step.before].find((s) => s[0]?.proto === "eth") ??
      (step.after.length ? step.after : step.before);
    return {
      netns: step.netns,
      dev: step.dev,
      link: seen[0]?.proto === "eth" ? ETHERNET : RAW,
      inbound,
      bytes: toBytes(packetBytes(seen)),
      time: i * 1000,
      of,
    };
  });
}

/**
 * The name of an interface in a capture: "kind-worker:eth0", or "flannel vxlan: kind-worker:eth0" beside
 * others.
 * @param {Captured} f
 */
export const interfaceName = (f) => `${f.of ? `${f.of}: ` : ""}${f.netns}:${f.dev}`;

/**
 * What is said of a capture that was asked for. Without a packet there is none to hand out.
 * @param {Captured[]} frames @param {number} [walks]
 */
export function savedWords(frames, walks = 1) {
  if (!frames.length) return "no packet crosses a device here: there is nothing to save";
  return `${frames.length} packets ${walks > 1 ? `of ${walks} walks ` : ""}saved`;
}

/** The packets of several walks in the order of time, each named after its walk. @param {Walk[]} walks */
export const together = (walks) =>
  walks.flatMap((w) => captured(timeline(w), `${w.plugin} ${w.mode}`)).sort((a, b) => a.time - b.time);
