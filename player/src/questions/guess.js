/** What the player can ask of any walk before it shows a step: the line that decides, a size, a TTL. */
import { foldable } from "../model/timeline.js";

/** @import { Timeline, Walk } from "../types.js" */
/** @import { Part } from "./judge.js" */

/** A longer table is read, not guessed. */
const MOST_LINES = 14;
/** What only encloses the lines of a chain as nft prints it. */
const FRAME = /^\}$|\{$/;

/**
 * The question about a step, or null where nothing is decided.
 * @param {Walk} walk @param {Timeline} line @param {number} i @returns {Part|null}
 */
export function guess(walk, { moments }, i) {
  const { step } = moments[i];
  const where = step.netns + (step.dev ? `, ${step.dev}` : "");
  const steps = [{ at: i, where, why: step.why, line: step.entry?.line ?? "" }];
  const asked = (kind, words, rest) => ({
    kind,
    label: `Next, in ${where}: ${words}`,
    shows: 0,
    steps,
    ...rest,
  });
  if (step.event === "encap" || step.event === "decap")
    return asked("number", "how many bytes are there after it?", { right: step.size, unit: "bytes" });
  const ttl = step.after.findLast((h) => h.proto === "ip")?.["ip.ttl"];
  if (step.event === "forward" && ttl) return asked("number", "which TTL has it after it?", { right: ttl });
  const table = step.entry && walk.tables[step.entry.id];
  const lines = table?.lines ?? [];
  const at = step.entry?.index ?? lines.indexOf(step.entry?.line ?? "");
  const told = lines
    .map((text, index) => ({ index, text: text.trim() }))
    .filter(({ text }) => !FRAME.test(text));
  const right = told.findIndex(({ index }) => index === at);
  if (foldable(step) || told.length < 2 || told.length > MOST_LINES || right < 0) return null;
  const heading = `${table.netns} $ ${table.command}`;
  const options = told.map(({ text }) => text);
  return asked("line", "which line decides?", { right: [right], options, heading });
}

/**
 * The next step that is asked about, after one.
 * @param {Walk} walk @param {Timeline} line @param {number} i
 */
export function nextGuess(walk, line, i) {
  for (let k = i + 1; k < line.moments.length; k++) {
    const part = guess(walk, line, k);
    if (part) return { part, at: k };
  }
  return null;
}
