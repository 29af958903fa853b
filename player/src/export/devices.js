/** Where a capture of a walk would see frames. */
/** @import { Timeline } from "../types.js" */

/** The moments at which a packet enters or leaves a device. @param {Timeline} line */
export const tapped = ({ moments }) =>
  moments.filter(({ step }) => step.dev && (step.event === "ingress" || step.event === "egress"));

/** The devices of a walk, in the order of its way. @param {Timeline} line */
export const devicesOf = (line) => [...new Set(tapped(line).map(({ step }) => `${step.netns}:${step.dev}`))];
