/** Before a step is shown, the player asks what will happen; answers are judged as on a page. */
import { html } from "lit";

/** @import { Part } from "../questions/judge.js" */

/**
 * @param {{part: Part, at: number}|null} next @param {number} i
 * @param {(at: number, verdict: string) => void} answered
 */
export function guessing(next, i, answered) {
  const ask = () =>
    html`<walk-ask .asked=${next.part} @walk-answer=${(e) => answered(next.at, e.detail)}></walk-ask>`;
  const wait = next ? "Play on: the walk stops before its next decision." : "Nothing more is decided.";
  return html`<section class="guessing" aria-label="Guess">
    ${next?.at === i + 1 ? ask() : html`<p>${wait}</p>`}</section>`;
}
