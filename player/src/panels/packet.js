/** The packet of a step: its headers with every field, and its bytes; each lights the other up. */
import { html, nothing } from "lit";
import { spans } from "../model/bytes.js";
import { packetOf } from "../model/frame.js";
import { partners, protoLabel, sizeOf } from "../model/stack.js";
import { headers } from "./headers.js";
import { hex } from "./hex.js";
import { meter } from "./meter.js";
import { treeKey } from "./tree-keys.js";
/** @import { Step, Walk } from "../types.js" */

/**
 * @typedef {{field: string, header: number}} Lit  the field that is pointed at, of the header with this index
 * @typedef {{
 *   walk: Walk, step: Step, next: Step|undefined, open: Map<number, boolean>, lit: Lit|null, narrow: boolean,
 * }} PacketState
 * @typedef {{open(key: number, yes: boolean): void, light(field: Lit|null): void}} PacketActs
 */

/** @param {PacketState} state @param {PacketActs} act */
export function packet(state, act) {
  const { step, walk } = state;
  const stack = packetOf(step);
  const places = spans(stack, walk.layouts);
  const lit = state.lit && places.find((s) => s.field === state.lit.field && s.header === state.lit.header);
  const dark = () => act.light(null);
  return html`<section class="packet-panel" aria-label="Packet">
    <div class="bar"><h3>Packet</h3>${meter(state)}</div>
    ${takenOff(step, stack)}
    <div class="two">
      <div class="fields" role="tree" aria-label="Headers and fields"
        @keydown=${treeKey} @pointerleave=${dark} @focusout=${dark}>
        ${headers(state, stack, act)}</div>
      ${hex(stack, places, lit, state.narrow, act)}
    </div></section>`;
}

/** Headers that this step removed, in words. */
function takenOff(step, stack) {
  const kept = new Set(partners(step.before, stack));
  const gone = step.before.filter((_, i) => !kept.has(i));
  if (!gone.length) return nothing;
  const names = gone.map((h) => html`<s>${protoLabel(h)} ${h.size}</s> `);
  return html`<p class="gone">taken off, ${sizeOf(gone)} bytes: ${names}</p>`;
}
