/** All that happens, as words: for who does not see the picture, and for who looks for one thing. */
import { html, nothing } from "lit";
import { happeningWords, timeWords } from "./words.js";
/** @import { Moment, Story } from "./types.js" */

/**
 * @param {Moment[]} moments @param {Story[]} stories @param {number} i  the chosen one
 * @param {(t: number) => void} go
 */
export function list(moments, stories, i, go) {
  const told = moments.map((m, k) => ({ m, k })).filter(({ m }) => m.happenings.flat().length);
  const whose = (k) => (stories.length > 1 ? html`<b>${stories[k].title}:</b> ` : nothing);
  const says = (here, k) => here.map((each) => html`<p>${whose(k)}${happeningWords(each)}</p>`);
  return html`<ol class="events">${told.map(
    ({ m, k }) => html`<li aria-current=${k === i ? "true" : nothing}>
      <button type="button" @click=${() => go(m.at)}>${timeWords(m.at)}</button>
      <div>${m.happenings.map(says)}</div></li>`,
  )}</ol>`;
}
