/** The chapters of a walk: the steps where something is decided. Playing stops at them. */
import { foldable } from "./timeline.js";

/** @import { Step, Timeline } from "../types.js" */

const NAMES = {
  route: "route",
  neigh: "neighbour",
  fdb: "FDB",
  hook: "rule",
  policy: "policy",
  nat: "NAT",
  encap: "wrapped",
  decap: "unwrapped",
  fragment: "cut",
  reassemble: "put together",
  drop: "the end",
};

/** Lookups: what follows the first packet makes most of them once more, so there they are run through. */
const LOOKUPS = new Set(["route", "neigh", "fdb", "hook"]);

/** @typedef {{at: number, trace: number, name: string, netns: string, stop: boolean}} Chapter */

/** @param {Timeline} line @returns {Chapter[]} */
export const chapters = ({ moments }) =>
  moments
    .filter(({ step }) => NAMES[step.event] && !foldable(step))
    .map(({ i, trace, step }) => ({
      at: i,
      trace,
      name: NAMES[step.event],
      netns: step.netns,
      stop: trace === 0 || !LOOKUPS.has(step.event),
    }));

/** Where a play stops next, after a step; null where nothing more is decided. @param {Chapter[]} list */
export const nextStop = (list, i) => list.find(({ at, stop }) => stop && at > i)?.at ?? null;
