/** The golden walks of the model: a step's `before` is the `after` of the step before it, and is left out in the files. */

/** @param {string} text @returns {import("../src/types.js").Walk} */
export function golden(text) {
  const walk = JSON.parse(text);
  for (const trace of walk.traces) {
    let before = [];
    for (const step of trace.steps) {
      step.before ??= before;
      before = step.after;
    }
  }
  return walk;
}
