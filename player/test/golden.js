/**
 * A walk from a file of the model (tests/golden/contract.py): a step's `before` is left out where it is the
 * `after` of the step before it, and its `after` where it is its `before`.
 */
/** @import { Walk } from "../src/types.js" */

/** @param {string} text @returns {Walk} */
export function golden(text) {
  const walk = JSON.parse(text);
  for (const trace of walk.traces) {
    let stack = [];
    for (const step of trace.steps) {
      step.before ??= stack;
      step.after ??= step.before;
      stack = step.after;
    }
  }
  return walk;
}
