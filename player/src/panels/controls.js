/** Play, step, step back, scrub, speed. */
import { html } from "lit";
import { guard } from "lit/directives/guard.js";
import { icon } from "../draw/icons.js";
import { traceName } from "../model/words.js";
/** @import { Chapter } from "../model/chapters.js" */
/** @import { Walk } from "../types.js" */
/** @import { Tick } from "../model/timeline.js" */

export const SPEEDS = [0.25, 0.5, 1, 2, 4];
/** Up to this speed a play stops where something is decided: faster than one can read, it runs through. */
export const STOPS_UP_TO = 1;
const speedName = (s) => ({ 0.25: "¼×", 0.5: "½×" })[s] ?? `${s}×`;

/**
 * @typedef {{
 *   n: number, i: number, playing: boolean, speed: number, ticks: Tick[], words: string,
 *   walk: Walk, chapters: Chapter[],
 * }} ControlsState
 * @typedef {{
 *   go(i: number): void, toggle(): void, scrub(t: number): void, settle(): void, speed(s: number): void,
 * }} ControlsActs
 */

/** @param {ControlsState} state @param {ControlsActs} act */
export function controls({ n, i, playing, speed, ticks, words, walk, chapters }, act) {
  return html`<div class="controls" role="group" aria-label="Playback">
    ${tool("First step", "first", i === 0, () => act.go(0))}
    ${tool("Step back", "back", i === 0, () => act.go(i - 1))}
    <button class="tool play" type="button" aria-label=${playing ? "Pause" : "Play"}
      @click=${act.toggle}>${icon(playing ? "pause" : "play")}</button>
    ${tool("Step forward", "next", i === n - 1, () => act.go(i + 1))}
    ${scrubBar(n, ticks, words, act)}
    <label class="count"><span aria-hidden="true">${i + 1}<i>/${n}</i></span>
      ${chapterList(walk, chapters, i, act)}</label>
    ${speeds(speed, act)}
  </div>`;
}

/** A button of the row. */
export function tool(label, picture, disabled, act) {
  return html`<button class="tool" type="button" aria-label=${label} ?disabled=${disabled}
    @click=${act}>${icon(picture)}</button>`;
}

/** The bar that is seen, and the real slider above it, which is not. */
function scrubBar(n, ticks, words, act) {
  const share = (at) => `${n > 1 ? (at / (n - 1)) * 100 : 0}%`;
  const marks = ticks.map((t) => html`<i class=${t.kind} style="left:${share(t.at)}"></i>`);
  return html`<div class="scrub">
      <div class="ticks" aria-hidden="true">${marks}</div>
      <div class="bar-line" aria-hidden="true"><i class="done"></i></div>
      <div class="thumb" aria-hidden="true"><i></i></div>
      <input type="range" min="0" max=${n - 1} step="any" aria-label="Step" aria-valuetext=${words}
        @input=${(e) => act.scrub(Number(e.target.value))} @change=${act.settle} />
    </div>`;
}

/** Lies unseen above the number of the step: where something is decided, packet by packet. */
function chapterList(walk, chapters, i, act) {
  const now = chapters.findLast(({ at }) => at <= i);
  const option = (of) =>
    html`<option value=${of.at} ?selected=${of === now}>${of.at + 1} ${of.name}, ${of.netns}</option>`;
  const group = (trace, k) => {
    const own = chapters.filter((each) => each.trace === k);
    return own.length
      ? html`<optgroup label=${traceName(trace, walk.traces)}>${own.map(option)}</optgroup>`
      : "";
  };
  const list = () => html`<option value="0" ?selected=${!now}>1 the start</option>${walk.traces.map(group)}`;
  return html`<select aria-label="Chapter" @change=${(e) => act.go(Number(e.target.value))}
    >${guard([walk, chapters.length, now?.at], list)}</select>`;
}

function speeds(speed, act) {
  const offer = (s) => html`<option value=${s} ?selected=${s === speed}>${speedName(s)}</option>`;
  const group = (label, of) => html`<optgroup label=${label}>${SPEEDS.filter(of).map(offer)}</optgroup>`;
  return html`<label class="speed"><span class="hidden">Speed</span>
    <select @change=${(e) => act.speed(Number(e.target.value))}>
      ${group("stops at decisions", (s) => s <= STOPS_UP_TO)}${group("runs through", (s) => s > STOPS_UP_TO)}
    </select></label>`;
}
