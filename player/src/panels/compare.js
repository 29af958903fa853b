/** Other walks beside the first: what to choose, a lane for each, and what differs. */
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { MOST, modeKey } from "../data/options.js";
import { differences } from "../model/differences.js";
import { endOf, headline, modeName, pluginName, titleOf, traceName } from "../model/words.js";
import { icon } from "../draw/icons.js";
/** @import { Comparison, Lane } from "../comparison.js" */

/**
 * @param {Comparison} c
 * @param {{i: number, width: number}} at
 */
export function compare(c, { i, width }) {
  const { all, player } = c;
  const come = all.filter((lane) => lane.walk);
  return html`<section class="beside" aria-label="Comparison">
    ${c.picking ? picker(c) : nothing}
    ${
      c.modes.length
        ? html`
      <h3 class="hidden">Side by side</h3>
      <div class="lanes" style="--n:${all.length}">${repeat(
        all,
        (lane) => lane.key,
        (lane) => laneOf(lane, c, i, c.space(width)),
      )}</div>
      ${player.options.fault ? html`<p class="remark">Nothing is broken in the walks beside the first.</p>` : nothing}
      ${come.length > 1 ? table(come) : nothing}`
        : nothing
    }
  </section>`;
}

function picker(c) {
  const { current, options } = c.player;
  const chosen = new Set(c.modes.map(modeKey));
  const offers = (c.offers ?? []).filter((o) => modeKey(o) !== modeKey(current));
  const plugins = [...new Set(offers.map((o) => o.plugin))];
  return html`<div class="picker" id="picker">
    <p role="status">${c.message || (c.offers ? `Choose one or two: the same packet in another mode.` : "…")}</p>
    ${plugins.map(
      (
        plugin,
      ) => html`<div class="plugin" role="group" aria-label=${pluginName(plugin)}><b aria-hidden="true">${pluginName(plugin)}</b>
      ${offers
        .filter((o) => o.plugin === plugin)
        .map((o) => {
          const on = chosen.has(modeKey(o));
          const lacks = !(o.scenarios ?? []).includes(options.scenario);
          return html`<button type="button" class="chip" aria-pressed=${on ? "true" : "false"} ?disabled=${!on && (lacks || chosen.size >= MOST)} title=${lacks ? "has no such scenario" : o.title || o.mode}
          @click=${() => c.toggle({ plugin: o.plugin, mode: o.mode })}>${on ? icon("check") : nothing}${modeName(o.mode)}</button>`;
        })}</div>`,
    )}</div>`;
}

function laneOf(lane, c, i, room) {
  const remove = lane.key
    ? html`<button type="button" class="small" aria-label=${`Take ${headline(lane.mode)} away`} @click=${() => c.remove(lane.mode)}>${icon("cross")}</button>`
    : nothing;
  const head = html`<h4>${headline(lane.mode)}${remove}</h4>`;
  if (!lane.walk)
    return html`<article class="lane">${head}<p class=${lane.error ? "bad" : ""} role="status">${lane.error || "…"}</p></article>`;
  const at = c.at(lane, i);
  const { step, trace } = lane.line.moments[at];
  const ended = step.event === "drop";
  const over = at === lane.line.moments.length - 1;
  const waits = lane.key && i > 0 && c.at(lane, i - 1) === at;
  return html`<article class="lane" aria-label=${headline(lane.mode)}>${head}
    <ol class="path">${lane.walk.topology.map((p) => html`<li aria-current=${p.netns === step.netns ? "step" : nothing}>${p.label}</li>`)}</ol>
    <svg data-lane=${lane.key} class="packet ${ended ? "ended" : ""}" height=${room.height} aria-hidden="true"></svg>
    <p class="title ${ended ? "bad" : ""}">${ended ? icon("cross") : nothing}<b>${titleOf(step)}</b></p>
    <p class="state">step ${at + 1} of ${lane.line.moments.length} · ${traceName(lane.walk.traces[trace], lane.walk.traces)} · ${step.size} bytes${over ? html` · <b class=${lane.walk.disposition === "delivered" ? "good" : "bad"}>ended: ${endOf(lane.walk.disposition)}</b>` : waits ? html` · <b>waits</b>` : nothing}</p>
  </article>`;
}

/**
 * A table that turns to blocks where it is narrow: its roles are written out so that they survive that.
 * @param {Lane[]} lanes
 */
function table(lanes) {
  const names = lanes.map((lane) => headline(lane.mode));
  return html`<table role="table" class="differences"><caption>What differs</caption>
    <thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col"><span class="hidden">Property</span></th>${names.map((name) => html`<th role="columnheader" scope="col">${name}</th>`)}</tr></thead>
    <tbody role="rowgroup">${differences(lanes.map((lane) => lane.walk)).map(
      (row) => html`<tr role="row" class=${row.differs ? "differs" : "same"}>
      <th role="rowheader" scope="row">${row.label}<span class="tag">${row.differs ? "differs" : "the same"}</span></th>
      ${row.cells.map((cell, n) => html`<td role="cell" class=${cell.differs ? "other" : ""}><span class="of" aria-hidden="true">${names[n]}</span><span>${cell.text}${cell.delta ? html` <i>${cell.delta}</i>` : nothing}</span></td>`)}</tr>`,
    )}</tbody></table>`;
}
