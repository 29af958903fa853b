/** Other walks beside the first: what to choose, a lane for each, and what differs. */
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { icon } from "../draw/icons.js";
import { endOf, headline, titleOf, traceName } from "../model/words.js";
import { differencesTable } from "./differences.js";
import { picker } from "./picker.js";
/** @import { Comparison, Lane } from "../player/comparison.js" */

/**
 * @param {Comparison} c
 * @param {{i: number, width: number}} at
 */
export function compare(c, { i, width }) {
  return html`<section class="beside" aria-label="Comparison">
    ${c.picking ? picker(c) : nothing}
    ${c.modes.length ? sideBySide(c, i, c.space(width)) : nothing}
  </section>`;
}

function sideBySide(c, i, room) {
  const { all, player } = c;
  const come = all.filter((lane) => lane.walk);
  const remark = html`<p class="remark">Nothing is broken in the walks beside the first.</p>`;
  const key = (lane) => lane.key;
  return html`<h3 class="hidden">Side by side</h3>
    <div class="lanes" style="--n:${all.length}">${repeat(all, key, (lane) => laneOf(lane, c, i, room))}</div>
    ${player.options.fault ? remark : nothing}
    ${come.length > 1 ? differencesTable(come) : nothing}`;
}

function laneOf(lane, c, i, room) {
  const name = headline(lane.mode);
  const head = html`<h4>${name}${lane.key ? removal(c, lane) : nothing}</h4>`;
  if (!lane.walk)
    return html`<article class="lane">${head}
      <p class=${lane.error ? "bad" : ""} role="status">${lane.error || "…"}</p></article>`;
  const at = c.at(lane, i);
  const { step } = lane.line.moments[at];
  const ended = step.event === "drop";
  const path = lane.walk.topology.map(
    (p) => html`<li aria-current=${p.netns === step.netns ? "step" : nothing}>${p.label}</li>`,
  );
  return html`<article class="lane" aria-label=${name}>${head}
    <ol class="path">${path}</ol>
    <svg data-lane=${lane.key} class="packet ${ended ? "ended" : ""}" height=${room.height}
      aria-hidden="true"></svg>
    <p class="title ${ended ? "bad" : ""}">${ended ? icon("cross") : nothing}<b>${titleOf(step)}</b></p>
    <p class="state">${state(lane, at)}${standing(lane, at, c, i)}</p>
  </article>`;
}

function removal(c, lane) {
  return html`<button type="button" class="small" aria-label=${`Take ${headline(lane.mode)} away`}
    @click=${() => c.remove(lane.mode)}>${icon("cross")}</button>`;
}

/** Where in its walk a lane is. @param {Lane} lane @param {number} at */
function state({ walk, line }, at) {
  const { step, trace } = line.moments[at];
  const name = traceName(walk.traces[trace], walk.traces);
  return `step ${at + 1} of ${line.moments.length} · ${name} · ${step.size} bytes`;
}

/** Whether a lane has come to its end, or stands still at this step of the first walk. */
function standing(lane, at, c, i) {
  const { walk, line } = lane;
  if (at === line.moments.length - 1) {
    const kind = walk.disposition === "delivered" ? "good" : "bad";
    return html` · <b class=${kind}>ended: ${endOf(walk.disposition)}</b>`;
  }
  return lane.key && i > 0 && c.at(lane, i - 1) === at ? html` · <b>waits</b>` : nothing;
}
