/** Change by change, play, any time, and how fast. */
import { html } from "lit";
import { guard } from "lit/directives/guard.js";
import { icon } from "../draw/icons.js";
import { tool } from "../panels/controls.js";
/** @import { Moment } from "./types.js" */
/** @import { Scale } from "./scale.js" */

/** Times as fast; up to 1 a play stops at changes. */
export const PACES = [0.5, 1, 2, 4];

/**
 * @param {{
 *   scale: Scale, end: number, told: Moment[], t: number, playing: boolean, pace: number, words: string,
 * }} state  `told`: the moments that are not hidden
 * @param {{
 *   before(): void, after(): void, toggle(): void, slide(px: number): void, settle(): void,
 *   pace(n: number): void,
 * }} act
 */
export function bar({ scale, end, told, t, playing, pace, words }, act) {
  const share = (k) => `${(scale.places[k] / scale.length) * 100}%`;
  const kind = (m) => (m.happenings.flat().some((h) => h.kind === "deed") ? "trace" : m.turns ? "drop" : "");
  const ticks = () => told.map((m, k) => html`<i class=${kind(m)} style="left:${share(k)}"></i>`);
  const offer = (n) => html`<option value=${n} ?selected=${n === pace}>${n === 0.5 ? "½" : n}×</option>`;
  const [stops, runs] = [PACES.filter((n) => n <= 1), PACES.filter((n) => n > 1)];
  return html`<div class="controls" role="group" aria-label="Playback">
    ${tool("Change before", "back", t <= 0, act.before)}
    <button class="tool play" type="button" aria-label=${playing ? "Pause" : "Play"} @click=${act.toggle}
      >${icon(playing ? "pause" : "play")}</button>
    ${tool("Next change", "next", t >= end, act.after)}
    <div class="scrub">
      <div class="ticks" aria-hidden="true">${guard([scale, told.length], ticks)}</div>
      <div class="bar-line" aria-hidden="true"><i class="done"></i></div>
      <div class="thumb" aria-hidden="true"><i></i></div>
      <input type="range" min="0" max=${scale.length} step="any" aria-label="Time" aria-valuetext=${words}
        @input=${(e) => act.slide(Number(e.target.value))} @change=${act.settle} />
    </div>
    <output class="count" aria-hidden="true"><span></span></output>
    <label class="speed"><span class="hidden">Speed</span>
      <select @change=${(e) => act.pace(Number(e.target.value))}>
        <optgroup label="stops at changes">${stops.map(offer)}</optgroup>
        <optgroup label="runs through">${runs.map(offer)}</optgroup>
      </select></label>
  </div>`;
}
