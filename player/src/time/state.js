/** How things are at a time: pure functions of a story and a time. */
/** @import { Change, Line, Probe, Span, Story } from "./types.js" */

/** @typedef {Line & {state: "absent"|"there"|"new"|"gone"}} Shown */

const same = (a, b) => a.table === b.table && a.line === b.line;
/** @param {Change[]} changes */
const inOrder = (changes) => [...changes].sort((a, b) => a.at - b.at);

/**
 * Every line that a node ever has, in the order of their coming, each as it is at a moment: what this very
 * moment adds is new, what it deletes is gone.
 * @param {Story} story @param {string} node @param {number} at @returns {Shown[]}
 */
export function linesAt({ initial, changes }, node, at) {
  /** @type {Shown[]} */
  const lines = (initial[node] ?? []).map((line) => ({ ...line, state: "there" }));
  for (const change of inOrder(changes).filter((each) => each.node === node)) {
    const { table, line, by, added } = change;
    /** @type {Shown} */
    const known = lines.find((each) => same(each, change)) ?? { table, line, by, state: "absent" };
    if (!lines.includes(known)) lines.push(known);
    if (change.at > at) continue;
    known.by = by;
    if (change.at === at) known.state = added ? "new" : "gone";
    else known.state = added ? "there" : "absent";
  }
  return lines;
}

/** The span of a probe at a time. @param {Probe} probe @param {number} t @returns {Span|null} */
export const spanAt = ({ spans }, t) => spans.findLast(({ from, until }) => from <= t && t <= until) ?? null;

/**
 * How long each line stands, from and until when; `row` tells lines of a node apart.
 * @typedef {Line & {node: string, from: number, until: number, row: number}} Stay
 * @param {Story} story @returns {Stay[]}
 */
export function stays({ initial, changes, until }) {
  /** @type {Stay[]} */
  const found = [];
  /** @type {Map<string, string[]>} */
  const rows = new Map();
  const begin = (node, { table, line, by }, from) => {
    const known = rows.get(node) ?? [];
    rows.set(node, known);
    if (!known.includes(line)) known.push(line);
    found.push({ node, table, line, by, from, until, row: known.indexOf(line) });
  };
  for (const [node, lines] of Object.entries(initial)) for (const line of lines) begin(node, line, 0);
  for (const change of inOrder(changes)) {
    const open = found.find((s) => s.node === change.node && same(s, change) && s.until === until);
    if (change.added && !open) begin(change.node, change, change.at);
    if (!change.added && open) open.until = change.at;
  }
  return found;
}
