/** How things are at a time: pure functions of a story and a time. */
/** @import { Change, Line, Probe, Span, Story } from "./types.js" */

/** @typedef {Line & {state: "there"|"new"|"gone"}} Shown */

const same = (a, b) => a.table === b.table && a.line === b.line;
const key = ({ table, line }) => `${table}\n${line}`;
/** @param {Change[]} changes */
const inOrder = (changes) => [...changes].sort((a, b) => a.at - b.at);

/**
 * What follows from a story, reckoned once for it.
 * @template T @param {(story: Story) => T} make @returns {(story: Story) => T}
 */
function once(make) {
  /** @type {WeakMap<Story, T>} */
  const made = new WeakMap();
  return (story) => {
    if (!made.has(story)) made.set(story, make(story));
    return made.get(story);
  };
}

/** The changes of each node, in order. */
const changesOf = once(({ changes }) => {
  /** @type {Map<string, Change[]>} */
  const of = new Map();
  for (const change of inOrder(changes)) of.set(change.node, [...(of.get(change.node) ?? []), change]);
  return of;
});

/**
 * When the lines of a node last changed, and whether that is now: while both are the same, so are its lines.
 * @param {Story} story @param {string} node @param {number} at
 */
export function changedAt(story, node, at) {
  const last = (changesOf(story).get(node) ?? []).findLast((each) => each.at <= at);
  return [last, last?.at === at];
}

/**
 * The lines of a node at a moment, each at the place of its first coming: what this very moment adds is new,
 * what it deletes still stands there, as gone.
 * @param {Story} story @param {string} node @param {number} at @returns {Shown[]}
 */
export function linesAt(story, node, at) {
  /** @type {Map<string, Line & {state: Shown["state"]|"absent"}>} */
  const lines = new Map();
  for (const line of story.initial[node] ?? []) lines.set(key(line), { ...line, state: "there" });
  for (const change of changesOf(story).get(node) ?? []) {
    if (change.at > at) break;
    const { table, line, by, added } = change;
    const now = change.at === at;
    const state = added ? (now ? "new" : "there") : now ? "gone" : "absent";
    lines.set(key(change), { table, line, by, state });
  }
  return /** @type {Shown[]} */ ([...lines.values()].filter(({ state }) => state !== "absent"));
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
export const stays = once(({ initial, changes, until }) => {
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
});
