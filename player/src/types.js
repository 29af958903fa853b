/**
 * The shapes the player reads (the walk JSON) and the ones it makes.
 *
 * @typedef {Record<string, any> & {proto: string, size: number, bytes?: string}} Header  outermost first in a
 *   stack
 * @typedef {{
 *   table: string, line: string, id: string|null, index: number|null, by: string, source: string|null,
 * }} Entry
 * @typedef {{
 *   seq: number, node: string, netns: string, dev: string|null, event: string, hook: string|null,
 *   before: Header[], after: Header[], entry: Entry|null, evidence: string, why: string, source: string|null,
 *   size: number, mtu: number|null,
 * }} Step
 * @typedef {{
 *   src: string, dst: string, proto: string, sport: number|null, dport: number|null, label: string,
 * }} Flow
 * @typedef {{
 *   source: string, name: string, flow: Flow, disposition: string, cause: [number, number]|null,
 *   steps: Step[],
 * }} Trace
 * @typedef {{
 *   name: string, kind: string, mtu: number|null, mac: string|null, addresses: string[], master: string|null,
 * }} Device
 * @typedef {{
 *   netns: string, node: string, kind: "pod"|"node"|"router"|"outside", label: string, address: string,
 *   devices: Device[],
 * }} Place
 * @typedef {{
 *   netns: string, kind: string, command: string, lines: string[], changed?: Record<string, string>,
 * }} Table  `changed` has the release that changed a line, by the line's number
 * @typedef {{
 *   version: 1, plugin: string, mode: string, scenario: string, title: string, holds_for: string,
 *   summary: string, disposition: string, options: Record<string, any>, traces: Trace[], topology: Place[],
 *   tables: Record<string, Table>, layouts: Record<string, [string, number, number][]>,
 *   policies?: string[], fault?: {title: string, story: string},
 * }} Walk  `policies` are there where some were asked, `fault` where something was broken
 *
 * @typedef {{
 *   i: number, trace: number, index: number, step: Step, station: string, previous: number|null, hop: number,
 * }} Moment  one step on the timeline
 * @typedef {{
 *   moments: Moment[], hops: {netns: string, trace: number, from: number, to: number}[], last: number[],
 * }} Timeline
 * @typedef {{x: number, y: number}} Point
 */
export {};
