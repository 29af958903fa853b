/** How things are at a time: pure functions of a story and a time. */
/** @import { Change, Line, Probe, Span, Story } from "./types.js" */

/** @typedef {Line & {state: "there"|"new"|"gone"}} Shown */

const same = (a, b) => a.table === b.table && a.line === b.line;
/** @param {Change[]} changes */
const inOrder = (changes) => [...changes].sort((a, b) => a.at - b.at);

/**
 * The lines of a node at a moment, each at the place of its first coming: what this very moment adds is new,
 * what it deletes still stands there, as gone.
 * @param {Story} story @param {string} node @param {number} at @returns {Shown[]}
 */
export function linesAt({ initial, changes }, node, at) {
  /** @type {(Line & {state: Shown["state"]|"absent"})[]} */
  const lines = (initial[node] ?? []).map((line) => ({ ...line, state: "there" }));
  for (const change of inOrder(changes).filter((each) => each.node === node && each.at <= at)) {
    const { table, line, by, added } = change;
    const known = lines.find((each) => same(each, change)) ?? { table, line, by, state: "absent" };
    if (!lines.includes(known)) lines.push(known);
    known.by = by;
    if (change.at === at) known.state = added ? "new" : "gone";
    else known.state = added ? "there" : "absent";
  }
  return /** @type {Shown[]} */ (lines.filter(({ state }) => state !== "absent"));
}

/** How many lines of a node stand beside each other at the most. @param {Story} story @param {string} node */
export const mostLines = (story, node) =>
  Math.max(0, ...stays(story).map((stay) => (stay.node === node ? stay.row + 1 : 0)));

/** The span of a probe at a time. @param {Probe} probe @param {number} t @returns {Span|null} */
export const spanAt = ({ spans }, t) => spans.findLast(({ from, until }) => from <= t && t <= until) ?? null;

/**
 * How long each line stands, from and until when. Lines that stand together have another `row`; one that
 * comes back takes its own again where that is free, else the first that is.
 * @typedef {Line & {node: string, from: number, until: number, row: number}} Stay
 * @param {Story} story @returns {Stay[]}
 */
export function stays({ initial, changes, until }) {
  /** @type {Stay[]} */
  const found = [];
  const begin = (node, { table, line, by }, from) => {
    const own = found.filter((stay) => stay.node === node);
    const taken = new Set(own.filter((stay) => stay.until > from).map(({ row }) => row));
    const before = own.findLast((stay) => same(stay, { table, line }))?.row;
    let row = before === undefined || taken.has(before) ? 0 : before;
    while (taken.has(row)) row += 1;
    found.push({ node, table, line, by, from, until, row });
  };
  for (const [node, lines] of Object.entries(initial)) for (const line of lines) begin(node, line, 0);
  for (const change of inOrder(changes)) {
    const open = found.find((s) => s.node === change.node && same(s, change) && s.until === until);
    if (change.added && !open) begin(change.node, change, change.at);
    if (!change.added && open) open.until = change.at;
  }
  return found;
}
