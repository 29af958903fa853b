/** Times, and what happens at them, in words. */
/** @import { Stay } from "./state.js" */
/** @import { Happening, Lane, Message, Moment, Probe, Span, Story } from "./types.js" */

const SECOND = 1000;
/** So short after a moment, in ms, it is that moment. */
export const AT_ONCE = 0.5;

/**
 * A time: "213 ms", "119.004 s"; always in seconds from one on, and exact.
 * @param {number} ms
 */
export function timeWords(ms) {
  if (ms === 0) return "0 s";
  if (ms < SECOND) return `${Number(ms.toFixed(3))} ms`;
  return `${Number((ms / SECOND).toFixed(6))} s`;
}

/** The same for an axis: to a millisecond, to three figures below one. @param {number} ms */
export const shortTime = (ms) => timeWords(ms < SECOND ? Number(ms.toPrecision(3)) : Math.round(ms));

/** The clock: a moment's time exactly, between two to a ms. @param {number} t @param {Moment} last */
export const clockWords = (t, { at }) => timeWords(t - at > AT_ONCE ? Math.round(t) : at);

/** The same where there is little room, to a millisecond. @param {number} t @param {Moment} last */
export const clockShort = (t, { at }) => shortTime(t - at > AT_ONCE ? t : at);

/** How long something takes, in three figures: a gap of 74.999 s is one of 75 s. @param {number} ms */
export const lengthWords = (ms) => timeWords(Number(ms.toPrecision(3)));

/** @param {Lane|undefined} lane */
export const laneName = (lane) => (lane ? `${lane.program} on ${lane.node}` : "");

/** What a message says: its kind first. @param {Message} message */
export const saying = ({ kind, text }) => (text.startsWith(kind) ? text : `${kind} ${text}`);

/** @param {Message} message @param {Map<string, Lane>} lanes */
export function messageWords(message, lanes) {
  const { at, until, src, dst, lost } = message;
  const [from, to] = [laneName(lanes.get(src)), laneName(lanes.get(dst))];
  const took = lost
    ? "and never arrives"
    : `and arrives ${until > at ? `${timeWords(until - at)} later` : "at once"}`;
  return `${saying(message)}: ${from} sends it to ${to} at ${timeWords(at)}, ${took}.`;
}

/** @param {Stay} stay  a table's line */
export const stayWords = ({ line, by, node }) => `${line} stands in the tables of ${node}, written by ${by}.`;

const KINDS = {
  udp: "one UDP socket",
  tcp: "one TCP connection",
  connections: "connections, one after another",
};

/** @param {Probe} probe */
export const probeName = ({ src, dst, kind }) => `${src} → ${dst}${kind ? `, ${KINDS[kind] ?? kind}` : ""}`;

/** What is sent, and whose it is. @param {Probe} probe */
export const probeTitle = (probe) => `${probe.kind ? "" : "pings "}${probeName(probe)}`;

const SHORT = { udp: "UDP socket", tcp: "TCP socket", connections: "new each time" };

/** The same where there is little room. @param {Probe} probe */
export const probeShort = (probe) =>
  probe.kind ? `${probe.src} → ${probe.dst}, ${SHORT[probe.kind] ?? probe.kind}` : probeTitle(probe);

/** How many pings a span has: one at time 0, then each `every`. @param {Span} span @param {number} every */
export const pings = ({ from, until }, every) => Math.ceil(until / every) - Math.ceil(from / every);

/** @param {Span} span @param {number} every */
export function spanWords(span, every) {
  if (span.answerer !== undefined) return span.answered ? `${span.answerer} answers` : "lost";
  const n = pings(span, every);
  if (n === 0) return "no ping just then";
  return `${n} ${n === 1 ? "ping" : "pings"} ${span.answered ? "answered" : "lost"}`;
}

/** What conntrack is made to forget. @param {import("./types.js").Forgotten} deletion */
export const forgotten = ({ by, dst, dport, endpoint }) =>
  `${by} deletes what conntrack knows of UDP to ${dst}:${dport} that ${endpoint} answers`;

/** What happened, where, and why, in one sentence. @param {Happening} happening */
export function happeningWords({ says, why, where }) {
  const words = [where, says, why].filter(Boolean).join(": ");
  return /[.!?]$/.test(words) ? words : `${words}.`;
}

/** Of what happens at once so much is said in one line. */
const MOST = 8;

/** A moment in one line, for who hears the slider. @param {Moment} moment @param {string[]} names */
export function momentWords(moment, names) {
  const told = moment.happenings.map((list, k) => {
    const more = list.length - MOST;
    const said = list.slice(0, more > 1 ? MOST : list.length).map(happeningWords);
    const words = [...said, ...(more > 1 ? [`And ${more} more.`] : [])].join(" ");
    return words && names.length > 1 ? `${names[k]}: ${words}` : words;
  });
  return `${timeWords(moment.at)}. ${told.filter(Boolean).join(" ")}`.trim();
}

/** @param {Story} story @returns {Map<string, Lane>} */
export const lanesOf = (story) => new Map(story.lanes.map((lane) => [lane.id, lane]));
