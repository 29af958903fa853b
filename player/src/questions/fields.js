/** The part of a question that takes the answer: one template for each kind. */
import { html, nothing } from "lit";
import { several } from "./judge.js";

/** @import { Given, Part } from "./judge.js" */

/**
 * @param {Part} part @param {Given} given
 * @param {{type(text: string): void, choose(option: number): void}} act
 */
export function field(part, given, act) {
  if (part.kind === "number") return number(part, given, act);
  const list = part.options.map((words, at) =>
    (part.kind === "order" ? place : option)(part, given, words, at, act),
  );
  const heading = part.heading ? html`<p class="heading">${part.heading}</p>` : nothing;
  return html`${heading}<div class="options ${part.kind}">${list}</div>`;
}

function number(part, given, act) {
  return html`<label class="number"><input inputmode="numeric" autocomplete="off" aria-label=${part.label}
    .value=${given} @input=${(e) => act.type(e.target.value)} /> ${part.unit ?? nothing}</label>`;
}

function option(part, given, words, at, act) {
  const text = part.kind === "line" ? html`<code>${words}</code>` : html`<span>${words}</span>`;
  return html`<label><input type=${several(part) ? "checkbox" : "radio"} name="option"
    .checked=${given.includes(at)} @change=${() => act.choose(at)} />${text}</label>`;
}

/** One to be put in order: its number is the order in which it was pressed. */
function place(_, given, words, at, act) {
  const n = given.indexOf(at) + 1;
  return html`<button type="button" aria-pressed=${n > 0 ? "true" : "false"} @click=${() => act.choose(at)}
    ><b>${n || "·"}</b><span>${words}</span></button>`;
}
