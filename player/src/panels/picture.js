/** The diagram: the way through the network, and the packet on it. */
import { html } from "lit";
import { ground, stations } from "../draw/diagram.js";
import { icon } from "../draw/icons.js";
import { frame, packetOf } from "../model/frame.js";
import { sizeOf } from "../model/stack.js";
import { endOf, stepWords, traceName } from "../model/words.js";
import { saying } from "./saying.js";

/** @import { Layout } from "../layout/layout.js" */
/** @import { Moment, Timeline, Walk } from "../types.js" */

const WIDEST_FATE = 340;
/** A longer reason does not fit beside the packet. */
const LONGEST_REASON = 130;

/**
 * @typedef {{
 *   walk: Walk, line: Timeline, layout: Layout, moment: Moment, press(station: string): void,
 *   halted: boolean,
 * }} Scene
 */

/** @param {Scene} scene */
export function picture(scene) {
  const { walk, line, layout, moment, press } = scene;
  const { width, height } = layout;
  const ended = moment.step.event === "drop";
  const box = `0 0 ${width} ${height}`;
  return html`<div class="stage" style="height:${height}px">
    <svg class="ground" viewBox=${box} width=${width} height=${height}
      role="img" aria-label=${stepWords(walk, line, moment)}>${ground(layout)}</svg>
    ${saying(scene)}
    <i class="leader"></i>
    <svg class="marks" viewBox=${box} width=${width} height=${height} aria-hidden="true"></svg>
    <svg class="still" viewBox=${box} width=${width} height=${height}
      aria-hidden="true">${stations(layout, moment.station, ended, press)}</svg>
    <div class="parcel">
      ${caption(walk, moment)}
      <svg class="packet" aria-hidden="true"></svg>
      ${fate(scene, ended)}
    </div>
  </div>`;
}

function caption({ traces }, { trace, step }) {
  const name = traceName(traces[trace], traces);
  return html`<p class="caption"><b>${name}</b> · ${sizeOf(packetOf(step))} bytes</p>`;
}

/** Below the packet: why it ends here, or who waits meanwhile. @param {Scene} scene @param {boolean} ended */
function fate(scene, ended) {
  const { left, right } = scene.layout.zone;
  const words = ended ? html`${icon("cross")}<span>${end(scene)}</span>` : waiting(scene);
  const style = `width:${Math.min(WIDEST_FATE, right - left)}px`;
  return html`<p class="fate ${ended ? "bad" : ""}" style=${style}>${words}</p>`;
}

/** @param {Scene} scene */
function end({ walk, layout, moment: { trace, step } }) {
  const place = walk.topology.find((p) => p.netns === step.netns)?.label ?? step.netns;
  const why = layout.kind === "wide" && step.why.length < LONGEST_REASON ? `: ${step.why}` : "";
  return `${endOf(walk.traces[trace].disposition)} in ${place}${why}`;
}

/** @param {Scene} scene */
function waiting({ walk: { traces }, line, layout, moment }) {
  const names = frame({ line, layout }, moment.i).waiting.map((w) => traceName(traces[w.trace], traces));
  return names.length ? `${names.join(", ")} ${names.length > 1 ? "wait" : "waits"}` : "";
}
