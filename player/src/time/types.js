/**
 * What a story of control planes is, as Python gives it: times are whole milliseconds from its start.
 *
 * @typedef {import("../types.js").Walk} Walk
 * @typedef {{id: string, node: string, program: string}} Lane  a program of a node; its tables are "kernel"
 * @typedef {{at: number, what: string, node: string}} Deed  what somebody does to the cluster
 * @typedef {{
 *   at: number, until: number, src: string, dst: string, kind: string, text: string, lost: boolean,
 * }} Message  from lane to lane
 * @typedef {{at: number, lane: string, what: string}} State
 * @typedef {{table: string, line: string, by: string}} Line
 * @typedef {Line & {at: number, node: string, added: boolean, why: string}} Change
 * @typedef {{
 *   from: number, until: number, answered: boolean, what: string, walk: Walk|null, answerer?: string,
 * }} Span
 * @typedef {{
 *   src: string, dst: string, every: number, spans: Span[], kind?: string,
 * }} Probe  pings, where it has no kind
 * @typedef {{
 *   at: number, node: string, by: string, dst: string, dport: number, endpoint: string, why: string,
 * }} Forgotten
 * @typedef {{
 *   version: 1, title: string, plugin: string, mode: string, until: number, lanes: Lane[], deeds: Deed[],
 *   messages: Message[], states: State[], initial: Record<string, Line[]>, changes: Change[],
 *   probes: Probe[], conntrack?: Forgotten[], name?: string,
 * }} Story
 *
 * @typedef {"deed"|"sent"|"came"|"lost"|"state"|"line"|"probe"} Kind
 * @typedef {{at: number, kind: Kind, where: string, says: string, why: string}} Happening  in words
 * @typedef {{at: number, happenings: Happening[][], turns: boolean}} Moment  what happens at one time, for
 *   each story; whether it `turns` anything for packets, and not only in what programs say
 */
export {};
