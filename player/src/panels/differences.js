/** What differs between walks side by side, as a table. */
import { html, nothing } from "lit";
import { differences } from "../model/differences.js";
import { headline } from "../model/words.js";
/** @import { Lane } from "../player/comparison.js" */

/**
 * A table that turns to blocks where it is narrow: its roles are written out so that they survive that.
 * @param {Lane[]} lanes
 */
export function differencesTable(lanes) {
  const names = lanes.map((lane) => headline(lane.mode));
  const heads = names.map((name) => html`<th role="columnheader" scope="col">${name}</th>`);
  const rows = differences(lanes.map((lane) => lane.walk));
  return html`<table role="table" class="differences"><caption>What differs</caption>
    <thead role="rowgroup"><tr role="row">
      <th role="columnheader" scope="col"><span class="hidden">Property</span></th>${heads}</tr></thead>
    <tbody role="rowgroup">${rows.map((each) => row(each, names))}</tbody></table>`;
}

function row({ label, differs, cells }, names) {
  return html`<tr role="row" class=${differs ? "differs" : "same"}>
    <th role="rowheader" scope="row">${label}<span class="tag">${differs ? "differs" : "the same"}</span></th>
    ${cells.map((each, n) => cell(each, names[n]))}</tr>`;
}

function cell({ text, delta, differs }, name) {
  return html`<td role="cell" class=${differs ? "other" : ""}>
    <span class="of" aria-hidden="true">${name}</span>
    <span>${text}${delta ? html` <i>${delta}</i>` : nothing}</span></td>`;
}
