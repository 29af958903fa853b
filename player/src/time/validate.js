/** Say in one line what is wrong with a story, before anything tries to draw it. */

const isObject = (v) => v !== null && typeof v === "object" && !Array.isArray(v);
const isTime = (v) => Number.isFinite(v) && v >= 0;

/** What each part must have: times, and texts. */
const PARTS = {
  lanes: [[], ["id", "node", "program"]],
  deeds: [["at"], ["what", "node"]],
  messages: [
    ["at", "until"],
    ["src", "dst", "kind", "text"],
  ],
  states: [["at"], ["lane", "what"]],
  changes: [["at"], ["node", "table", "line", "by", "why"]],
  probes: [["every"], ["src", "dst"]],
};

function partProblem(part, where, [times, texts]) {
  if (!isObject(part)) return `${where} is not an object`;
  const lacks = times.find((key) => !isTime(part[key])) ?? texts.find((key) => typeof part[key] !== "string");
  return lacks ? `${where} lacks "${lacks}"` : null;
}

function listProblem(list, where, wanted) {
  if (!Array.isArray(list)) return `it has no "${where}"`;
  for (const [k, part] of list.entries()) {
    const found = partProblem(part, `${where}[${k}]`, wanted);
    if (found) return found;
  }
  return null;
}

function laneProblem(story) {
  const ids = new Set(story.lanes.map((lane) => lane.id));
  const named = [
    ...story.messages.flatMap((m) => [m.src, m.dst]),
    ...story.states.map((state) => state.lane),
  ];
  const strange = named.find((id) => !ids.has(id));
  return strange === undefined ? null : `"${strange}" is none of its lanes`;
}

/**
 * @param {any} story
 * @returns {string|null} one line, or null when the story can be shown
 */
export function problem(story) {
  if (!isObject(story)) return "it is not an object";
  if (story.version !== 1)
    return `it has version ${JSON.stringify(story.version) ?? "none"}; this page reads version 1`;
  if (!(story.until > 0)) return 'it lacks "until"';
  if (!isObject(story.initial)) return 'it has no "initial"';
  for (const [name, wanted] of Object.entries(PARTS)) {
    const found = listProblem(story[name], name, wanted);
    if (found) return found;
  }
  for (const [k, probe] of story.probes.entries()) {
    if (!(probe.every > 0)) return `probes[${k}] is not sent every more than 0 ms`;
    const found = listProblem(probe.spans, `probes[${k}].spans`, [["from", "until"], ["what"]]);
    if (found) return found;
  }
  for (const [node, lines] of Object.entries(story.initial)) {
    const found = listProblem(lines, `initial.${node}`, [[], ["table", "line", "by"]]);
    if (found) return found;
  }
  return story.lanes.length ? laneProblem(story) : "it has no lanes";
}
