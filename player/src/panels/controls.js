/** Play, step, step back, scrub, speed. */
import { html } from "lit";
import { icon } from "../draw/icons.js";

export const SPEEDS = [0.25, 0.5, 1, 2, 4];
const speedName = (s) => ({ 0.25: "¼×", 0.5: "½×" })[s] ?? `${s}×`;

/**
 * @param {{
 *   n: number, i: number, playing: boolean, speed: number, ticks: {at: number, kind: string}[],
 *   words: string,
 * }} state
 * @param {{
 *   go(i: number): void, toggle(): void, scrub(t: number): void, settle(): void, speed(s: number): void,
 * }} act
 */
export function controls(state, act) {
  const { n, i } = state;
  const share = (at) => `${n > 1 ? (at / (n - 1)) * 100 : 0}%`;
  return html`<div class="controls" role="group" aria-label="Playback">
    <button class="tool" type="button" aria-label="First step" ?disabled=${i === 0} @click=${() => act.go(0)}>${icon("first")}</button>
    <button class="tool" type="button" aria-label="Step back" ?disabled=${i === 0} @click=${() => act.go(i - 1)}>${icon("back")}</button>
    <button class="tool play" type="button" aria-label=${state.playing ? "Pause" : "Play"} @click=${act.toggle}>${icon(state.playing ? "pause" : "play")}</button>
    <button class="tool" type="button" aria-label="Step forward" ?disabled=${i === n - 1} @click=${() => act.go(i + 1)}>${icon("next")}</button>
    <div class="scrub">
      <div class="ticks" aria-hidden="true">${state.ticks.map((t) => html`<i class=${t.kind} style="left:${share(t.at)}"></i>`)}</div>
      <div class="bar-line" aria-hidden="true"><i class="done"></i></div><div class="thumb" aria-hidden="true"><i></i></div>
      <input type="range" min="0" max=${n - 1} step="any" aria-label="Step" aria-valuetext=${state.words}
        @input=${(e) => act.scrub(Number(e.target.value))} @change=${act.settle} />
    </div>
    <output class="count" aria-hidden="true">${i + 1}<span>/${n}</span></output>
    <label class="speed"><span class="hidden">Speed</span><select @change=${(e) => act.speed(Number(e.target.value))}>
      ${SPEEDS.map((s) => html`<option value=${s} ?selected=${s === state.speed}>${speedName(s)}</option>`)}</select></label>
  </div>`;
}
