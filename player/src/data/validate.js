/** Say in one line what is wrong with a walk, before anything tries to draw it. */

const isObject = (v) => v !== null && typeof v === "object" && !Array.isArray(v);
const isText = (v) => typeof v === "string";

function stackProblem(stack, where) {
  if (!Array.isArray(stack)) return `${where} is not a list of headers`;
  const bad = stack.findIndex(
    (h) => !isObject(h) || !isText(h.proto) || !Number.isFinite(h.size) || h.size < 0,
  );
  return bad < 0 ? null : `${where}[${bad}] lacks "proto" or "size"`;
}

function stepProblem(step, where) {
  if (!isObject(step)) return `${where} is not an object`;
  for (const key of ["node", "netns", "event"]) if (!isText(step[key])) return `${where} lacks "${key}"`;
  if (!Number.isFinite(step.seq)) return `${where} lacks "seq"`;
  return stackProblem(step.before, `${where}.before`) ?? stackProblem(step.after, `${where}.after`);
}

/**
 * @param {any} walk
 * @returns {string|null} one line, or null when the walk can be played
 */
export function problem(walk) {
  if (!isObject(walk)) return "the walk is not an object";
  if (walk.version !== 1)
    return `the walk has version ${JSON.stringify(walk.version) ?? "none"}; this player reads version 1`;
  if (!Array.isArray(walk.traces) || !walk.traces.length) return `the walk has no "traces"`;
  if (!Array.isArray(walk.topology)) return `the walk has no "topology"`;
  for (const [i, place] of walk.topology.entries()) {
    if (!isObject(place) || !isText(place.netns) || !isText(place.node) || !Array.isArray(place.devices))
      return `topology[${i}] lacks "netns", "node" or "devices"`;
  }
  for (const [i, trace] of walk.traces.entries()) {
    if (!Array.isArray(trace?.steps)) return `traces[${i}] has no "steps"`;
    for (const [j, step] of trace.steps.entries()) {
      const found = stepProblem(step, `traces[${i}].steps[${j}]`);
      if (found) return found;
    }
  }
  if (!walk.traces.some((t) => t.steps.length)) return "the walk has no steps";
  return null;
}
