/** The list of steps, grouped by hop. */
import { html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import { icon } from "../draw/icons.js";
import { foldable } from "../model/timeline.js";
import { EVENTS, endOf, traceName } from "../model/words.js";
/** @import { Timeline, Walk } from "../types.js" */

/**
 * None after `upTo` is listed.
 * @param {{walk: Walk, line: Timeline, i: number, all: boolean, upTo: number}} state
 * @param {{go(i: number): void, all(show: boolean): void}} act
 */
export function steps({ walk, line, i, all, upTo }, act) {
  const shown = !all && foldable(line.moments[i].step) ? i : -1;
  const groups = () =>
    line.hops.filter((hop) => hop.from <= upTo).map((hop, h) => group(walk, line, hop, h, i, all, upTo, act));
  return html`<section class="steps" aria-label="Steps">
    <div class="bar"><h3>Steps</h3>${fold(line, all, act)}</div>
    <div class="scroll" tabindex="0" role="group" aria-label="List of steps">
      ${guard([line, all, shown, upTo], groups)}
    </div></section>`;
}

/** The button that shows and hides the hooks where nothing happened. */
function fold({ moments }, all, act) {
  if (!moments.some((m) => foldable(m.step))) return nothing;
  const words = all ? "hide hooks that match nothing" : `show all ${moments.length} steps`;
  return html`<button type="button" class="small" aria-pressed=${all ? "true" : "false"}
    @click=${() => act.all(!all)}>${words}</button>`;
}

function group(walk, line, hop, h, i, all, upTo, act) {
  const own = line.moments.slice(hop.from, Math.min(hop.to, upTo) + 1);
  const moments = own.filter((m) => all || m.i === i || !foldable(m.step));
  const turn = h === 0 || line.hops[h - 1].trace !== hop.trace;
  const trace = walk.traces[hop.trace];
  const rows = moments.map((m) => row(m, trace, m.i === line.last[hop.trace], act));
  return html`${turn ? traceHead(trace, walk) : nothing}
    ${moments.length ? html`<p class="hop">${labelOf(walk, hop.netns)}</p><ol>${rows}</ol>` : nothing}`;
}

const traceHead = (trace, { traces }) =>
  html`<p class="trace">${traceName(trace, traces)}<span>${trace.flow?.label ?? ""}</span></p>`;

const labelOf = (walk, netns) => walk.topology.find((p) => p.netns === netns)?.label ?? netns;

function row({ i: at, step }, trace, last, act) {
  const where = [step.dev, step.hook].filter(Boolean).join(" ");
  return html`<li><button type="button" class="row ${step.event}" data-step=${at} @click=${() => act.go(at)}>
    <span class="n">${at + 1}</span>
    <span class="what"><b>${EVENTS[step.event] ?? step.event}</b> ${where}</span>
    <span class="bytes">${step.size ?? ""}<span class="hidden"> bytes</span></span>
    <span class="says">${step.why}</span></button>
    ${last ? traceEnd(trace) : nothing}</li>`;
}

function traceEnd({ disposition }) {
  const good = disposition === "delivered";
  const mark = icon(good ? "check" : "cross");
  return html`<p class="end ${good ? "good" : "bad"}">${mark}${endOf(disposition)}</p>`;
}

/**
 * Mark the row of the step shown and keep it in view, without moving the page. Written by hand: a list of a
 * hundred rows is not compared anew at every step.
 * @param {HTMLElement} list @param {number} i
 */
export function markRow(list, i) {
  list.querySelector("[aria-current]")?.removeAttribute("aria-current");
  /** @type {HTMLElement|null} */
  const row = list.querySelector(`[data-step="${i}"]`);
  if (!row) return;
  row.setAttribute("aria-current", "step");
  const top = row.offsetTop;
  const { scrollTop, clientHeight } = list;
  if (top < scrollTop + 62 || top + row.offsetHeight > scrollTop + clientHeight)
    list.scrollTop = top - clientHeight / 3;
}
