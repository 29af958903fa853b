/** The frames of a walk as a capture would see them: one for every device a packet enters or leaves. */
import { packetBytes } from "../model/bytes.js";

/** Link types of the pcap registry. */
export const ETHERNET = 1, RAW = 101;

/** @typedef {{netns: string, dev: string, link: number, inbound: boolean, bytes: Uint8Array, time: number}} Captured  time in ns */

/** @param {string} hex */
export const toBytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (b) => parseInt(b, 16) || 0);

/**
 * @param {import("../types.js").Timeline} line
 * @returns {Captured[]} in the order of the walk, one microsecond for each step
 */
export function captured(line) {
  return line.moments.filter(({ step }) => step.dev && (step.event === "ingress" || step.event === "egress")).map(({ i, step }) => {
    const inbound = step.event === "ingress";
    const seen = [inbound ? step.before : step.after, step.after, step.before].find((s) => s[0]?.proto === "eth") ?? (step.after.length ? step.after : step.before);
    return { netns: step.netns, dev: step.dev, link: seen[0]?.proto === "eth" ? ETHERNET : RAW, inbound, bytes: toBytes(packetBytes(seen)), time: i * 1000 };
  });
}

/** Names of the devices, in order of first use. @param {Captured[]} frames */
export const devicesOf = (frames) => [...new Set(frames.map((f) => `${f.netns}:${f.dev}`))];
