/** Why here: one sentence, the whole table that was asked, the line that decided, and who wrote it. */
import { html, nothing } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { icon } from "../draw/icons.js";
import { evidenceOf, titleOf } from "../model/words.js";
/** @import { Step, Walk } from "../types.js" */

/** @param {{walk: Walk, step: Step}} state */
export function why({ walk, step }) {
  const { entry } = step;
  return html`<section class="why" aria-label="Why here">
    <h3>${titleOf(step)}</h3>
    <p class="reason">${step.why}</p>
    ${entry ? keyed(entry.id, table(walk, step, entry)) : nothing}
    ${keyed(step, origin(walk, step))}
  </section>`;
}

function table(walk, step, entry) {
  const whole = entry.id !== null && entry.id !== undefined ? walk.tables?.[entry.id] : null;
  const lines = whole?.lines ?? [entry.line];
  const hit = whole ? (entry.index ?? lines.indexOf(entry.line)) : 0;
  const command = whole?.command ?? entry.table;
  const netns = whole?.netns ?? step.netns;
  const changed = whole?.changed ?? {};
  return html`<div class="table" tabindex="0" role="group" aria-label=${`${command} in ${netns}`}>
    <p class="command"><span>${netns}</span> ${whole ? "$ " : ""}${command}</p>
    <ol>${lines.map((text, n) => row(text, n === hit, changed[n]))}</ol></div>`;
}

/** A line; where a release changed it, with that release. @param {string|undefined} release */
function row(text, hit, release) {
  const mark = hit ? html`${icon("right")}<span class="hidden">decides: </span>` : nothing;
  const since = release ? html` <span class="changed">changed in ${release}</span>` : nothing;
  return html`<li class=${hit ? "hit" : ""}>${mark}<code>${text}</code>${since}</li>`;
}

/** Who wrote the line, how the step is known, and the versions it holds for. */
function origin(walk, { entry, evidence, source }) {
  const writer = entry?.by ? html`written by <b>${entry.by}</b>${pointer(entry.source)} · ` : nothing;
  const own = source === entry?.source ? nothing : pointer(source);
  return html`<p class="origin">${writer}<b>${evidenceOf(evidence)}</b>${own} · ${walk.holds_for}</p>`;
}

/** A file in the sources, or an address when it is a plain https one. */
function pointer(source) {
  if (!source) return nothing;
  if (/^https:\/\/[^\s"'<>]+$/.test(source))
    return html` · <a href=${source} rel="noopener">${source.replace(/^https:\/\//, "")}</a>`;
  return html` · <code>${source}</code>`;
}
