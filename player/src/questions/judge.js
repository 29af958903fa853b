/** What is asked, and whether an answer is right: pure functions. */

/**
 * @typedef {{
 *   walk?: string, at?: number, where: string, why: string, line?: string,
 *   moment?: number, timeline?: string,
 * }} Proof  a step of a walk, or without `at` what is stated where no walk answers, with the `moment` in ms
 *   at which a `timeline` of the page shows it
 * @typedef {{
 *   kind: "number"|"choice"|"line"|"place"|"order", label: string, right: number|number[],
 *   also?: number[],  // options that are as right as the one that is told, each by itself
 *   unit?: string,
 *   heading?: string, options?: string[], shows?: number, refutes?: (number|null)[], steps?: Proof[],
 * }} Part
 * @typedef {string|number[]} Given  what was typed, or the indexes of what was chosen, in that order
 */

/** @param {Part} part @returns {Given} nothing yet */
export const nothingGiven = (part) => (part.kind === "number" ? "" : []);

/** Whether several options hold, or all are to be put in order. @param {Part} part */
export const several = ({ kind, right }) => kind === "order" || (Array.isArray(right) && right.length > 1);

/** Whether there is enough to judge. @param {Part} part @param {Given} given */
export function complete(part, given) {
  if (part.kind === "number") return /^\s*\d+\s*$/.test(String(given));
  return part.kind === "order" ? given.length === part.options.length : given.length > 0;
}

/** @param {Part} part @param {Given} given */
export function isRight(part, given) {
  if (!Array.isArray(part.right)) return Number(given) === part.right;
  const chosen = [.../** @type {number[]} */ (given)];
  if (chosen.length === 1 && part.also?.includes(chosen[0])) return true;
  if (part.kind !== "order") chosen.sort((a, b) => a - b);
  return chosen.length === part.right.length && chosen.every((c, k) => c === part.right[k]);
}

/**
 * The step that proves what is right, or that refutes what was chosen.
 * @param {Part} part @param {Given} [given] @returns {Proof|null}
 */
export function proof(part, given) {
  const wrong = Array.isArray(given) ? given.find((c, k) => refuted(part, c, k)) : undefined;
  const rights = Array.isArray(part.right) ? part.right.map((r) => part.refutes?.[r]) : [];
  const at = part.refutes?.[wrong] ?? part.shows ?? rights.find((step) => step != null);
  return part.steps?.[at] ?? null;
}

const refuted = ({ kind, right }, chosen, place) =>
  kind === "order" ? right[place] !== chosen : !right.includes(chosen);

/** What is right, in words. @param {Part} part */
export function answerOf({ kind, right, unit, options }) {
  if (!Array.isArray(right)) return [right, unit].filter((x) => x !== undefined).join(" ");
  return right.map((r) => options[r]).join(kind === "order" ? " → " : "; ");
}

/** Choose an option or take it back. @param {Part} part @param {number[]} given @param {number} option */
export function toggle(part, given, option) {
  if (given.includes(option)) return given.filter((g) => g !== option);
  return several(part) ? [...given, option] : [option];
}
