/** The chosen moment: what has just happened, the tables as they are then, what a packet would meet. */
import { html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import { changedAt, linesAt, mostLines, spanAt } from "./state.js";
import { AT_ONCE, clockWords, happeningWords, probeName, timeWords } from "./words.js";
/** @import { Shown } from "./state.js" */
/** @import { Moment, Probe, Span, Story } from "./types.js" */

/**
 * @typedef {{t: number, moment: Moment, stories: Story[], sent: string}} Now  `sent`: whose packet is shown
 * @param {Now} now @param {(story: number, probe: number) => void} send
 */
export function now({ t, moment, stories, sent }, send) {
  const later = t - moment.at > AT_ONCE;
  const last = later ? html` What happened last, at ${timeWords(moment.at)}:` : nothing;
  return html`<div class="now">
    <p class="when"><b>${clockWords(t, moment)}.</b>${last}</p>
    <div class="stories">${stories.map((story, k) => {
      const seen = t > story.until ? [] : story.probes.map((each) => spanAt(each, t));
      return guard([story, moment, t > story.until, sent, ...seen], () => one(story, k));
    })}</div>
  </div>`;

  /** @param {Story} story @param {number} k */
  function one(story, k) {
    const here = moment.happenings[k];
    const over = t > story.until;
    const told = here.length
      ? here.map((each) => html`<li class=${each.kind}>${happeningWords(each)}</li>`)
      : html`<li>${over ? `This story ends at ${timeWords(story.until)}.` : "Nothing happens here."}</li>`;
    const pings = over ? [] : story.probes;
    return html`<section aria-label=${story.title}>
      ${stories.length > 1 ? html`<h3>${story.title}</h3>` : nothing}
      <ul class="happened${here.length > MANY ? " many" : ""}" tabindex=${here.length > MANY ? 0 : nothing}
        aria-label=${here.length > MANY ? "What happens here" : nothing}>${told}</ul>
      ${pings.map((each, p) => packet(each, spanAt(each, t), sent === `${k}/${p}`, () => send(k, p)))}
      <div class="tables">${nodesOf(story).map((node) =>
        guard([story, ...changedAt(story, node, moment.at)], () => table(story, node, moment.at)),
      )}</div>
    </section>`;
  }
}

const nodesOf = ({ lanes }) => [...new Set(lanes.map(({ node }) => node))];

/** @param {Span} span */
const outcome = ({ answered, answerer }) =>
  answered ? (answerer ? `${answerer} answers` : "answered") : "lost";

/** @param {Probe} probe @param {Span|null} span @param {boolean} shown */
function packet(probe, span, shown, send) {
  if (!span) return nothing;
  const button = html`<button type="button" class="send" aria-expanded=${shown} @click=${send}
    >${shown ? "Put the packet away" : "Send a packet now"}</button>`;
  return html`<div class="packet-now ${span.answered ? "answered" : "unanswered"}">
    <p><b>${probeName(probe)}: ${outcome(span)}.</b> ${span.what}</p>
    ${span.walk ? button : nothing}</div>`;
}

/** The lines of a node that its control planes wrote; there is room for as many as ever stand there. */
function table(story, node, at) {
  const lines = linesAt(story, node, at);
  const none = html`<li class="none">no line of a control plane</li>`;
  const most = mostLines(story, node);
  const many = most > MANY || lines.some(({ line }) => line.length > LONG);
  const room = `min-height:${Math.min(most, MANY) * LINE}px`;
  const shown = lines.length ? lines.map(row) : none;
  return html`<div><b>${node}</b>
    <ul class=${many ? "many" : ""} aria-label="Lines of ${node}" tabindex=${many ? 0 : nothing} style=${room}
      >${shown}</ul></div>`;
}

/** Height of a line of two rows, in px. */
const LINE = 39;
/** With more lines than these, or one of more letters, a list scrolls. */
const MANY = 8;
const LONG = 100;
const SIGNS = { new: "+", gone: "−" };
const HEARD = { new: "just added: ", gone: "just deleted: " };

/** @param {Shown} line */
const row = ({ line, by, state }) => html`<li class=${state}>
  <i aria-hidden="true">${SIGNS[state]}</i><span class="hidden">${HEARD[state]}</span><code>${line}</code>
  <small>${by}</small></li>`;
