/** All that happens, as words: for who does not see the picture, and for who looks for one thing. */
import { html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import { happeningWords, timeWords } from "./words.js";
/** @import { Moment, Story } from "./types.js" */

/**
 * Each row is written once; the chosen one is marked.
 * @param {Moment[]} moments @param {Story[]} stories @param {Moment} chosen
 * @param {(t: number) => void} go
 */
export function list(moments, stories, chosen, go) {
  const told = moments.filter((m) => m.happenings.flat().length);
  const whose = (k) => (stories.length > 1 ? html`<b>${stories[k].title}:</b> ` : nothing);
  const says = (here, k) => here.map((each) => html`<p>${whose(k)}${happeningWords(each)}</p>`);
  const row = (m) => html`<li aria-current=${m === chosen ? "true" : nothing}>
      <button type="button" @click=${() => go(m.at)}>${timeWords(m.at)}</button>
      <div>${m.happenings.map(says)}</div></li>`;
  return html`<ol class="events">${told.map((m) => guard([m, m === chosen], () => row(m)))}</ol>`;
}
