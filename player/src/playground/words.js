/** What the playground says of answers: pure functions. */

/**
 * @typedef {{
 *   lines: string[][], open: string[], pairs: number, allowed: number,
 *   services: Record<string, [string, number][]>, notes: string[],
 * }} Judged  who reaches whom: `open[row][column]` is 1 where pods of one line reach those of another
 * @typedef {{
 *   endpoint: string, direction: string, verdict: string, policy: string|null, says: string,
 *   where: number|null, others: string[],
 * }} Ruling
 * @typedef {{asked: string, verdict: string, rulings: Ruling[]}} Told
 * @typedef {{wrong: {line: number|null, said: string}}} Wrong
 */

/** A line's pods in few words. @param {string[]} names */
export function named(names) {
  if (names.length < 3) return names.join(", ");
  return `${names[0]} and ${names.length - 1} like it`;
}

/** A pod of each of two lines, two if there are. @param {string[]} from @param {string[]} to */
export function pair(from, to) {
  return [from[0], from === to && to.length > 1 ? to[1] : to[0]];
}

/** Whether a cell is a pod's packet to itself, which never leaves it. @param {string[][]} lines */
export const itself = (lines, row, column) => row === column && lines[row].length === 1;

/**
 * The cells that say something else than before, as `row column`, where both lines were there before.
 * @param {Judged|null} before @param {Judged} now @returns {Set<string>}
 */
export function changed(before, now) {
  const cells = new Set();
  if (!before) return cells;
  const places = new Map(before.lines.map((names, k) => [names.join(), k]));
  const was = now.lines.map((names) => places.get(names.join()));
  for (const [row, from] of was.entries())
    for (const [column, to] of was.entries())
      if (from !== undefined && to !== undefined && !itself(now.lines, row, column))
        if (before.open[from][to] !== now.open[row][column]) cells.add(`${row} ${column}`);
  return cells;
}

/** @param {Judged} found @param {string} protocol @param {number} port @param {Set<string>} news */
export function summary({ lines, pairs, allowed }, protocol, port, news) {
  if (!lines.length) return "There are no pods in these manifests.";
  const at = protocol === "ICMP" ? "ICMP" : `${protocol} ${port}`;
  const said = [`${at}: ${count(allowed)} of ${count(pairs)} pairs of pods may talk.`];
  if (news.size)
    said.push(news.size === 1 ? "One cell has changed." : `${count(news.size)} cells have changed.`);
  return said.join(" ");
}

/** @param {number} number */
export const count = (number) => number.toLocaleString("en-GB");

/** What may be an end of a packet. @param {Judged} found */
export const ends = ({ lines, services }) => [
  ...lines.flat(),
  ...Object.keys(services).map((name) => `service:${name}`),
];

/** Protocol and port at which a service is asked. @param {Judged} found @param {string} name */
export function portOf({ services }, name) {
  const ports = name.startsWith("service:") ? services[name.slice("service:".length)] : null;
  return ports?.[0] ?? null;
}

/** DST:PORT, a port being a number or a name; an IPv6 address with one stands in brackets. */
const WITH_PORT = /^(?:\[(.*)\](?::([\w-]+))?|((?!(?:node|service):)[^:]*|(?:node|service):[^:]*):([\w-]+))$/;

/** An end of a packet and the port behind it, divided as the command line does. @param {string} text */
export function divided(text) {
  const found = WITH_PORT.exec(text);
  return found ? { end: found[1] ?? found[3], port: found[2] ?? found[4] } : { end: text };
}
