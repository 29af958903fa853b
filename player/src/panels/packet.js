/** The header stack with every field, and the bytes; each lights the other up. */
import { html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import { changes, fieldsOf, nameOf, partners, protoLabel, roles, sizeOf } from "../model/stack.js";
import { fieldAt, hexRows, packetBytes, spans, valueText } from "../model/bytes.js";
import { packetOf } from "../model/frame.js";
import { icon } from "../draw/icons.js";
import { meter } from "./meter.js";
import { treeKey } from "./tree-keys.js";
/** @import { Step, Walk } from "../types.js" */

/**
 * @typedef {{
 *   walk: Walk, step: Step, next: Step|undefined, open: Map<number, boolean>,
 *   lit: {field: string, header: number}|null, narrow: boolean,
 * }} PacketState
 * @typedef {{
 *   open(key: number, yes: boolean): void, light(field: {field: string, header: number}|null): void,
 * }} PacketActs
 */

/** @param {PacketState} state @param {PacketActs} act */
export function packet(state, act) {
  const { step, walk } = state;
  const stack = packetOf(step);
  const places = spans(stack, walk.layouts);
  const lit = state.lit && places.find((s) => s.field === state.lit.field && s.header === state.lit.header);
  return html`<section class="packet-panel" aria-label="Packet">
    <div class="bar"><h3>Packet</h3>${meter(state)}</div>
    ${takenOff(step, stack)}
    <div class="two">
      <div class="fields" role="tree" aria-label="Headers and fields" @keydown=${treeKey} @pointerleave=${() => act.light(null)} @focusout=${() => act.light(null)}>
        ${headers(state, stack, step, act)}</div>
      ${hex(stack, places, lit, state, act)}
    </div></section>`;
}

/** Headers that this step removed, in words. */
function takenOff(step, stack) {
  const kept = new Set(partners(step.before, stack));
  const gone = step.before.filter((_, i) => !kept.has(i));
  if (!gone.length) return nothing;
  return html`<p class="gone">taken off, ${sizeOf(gone)} bytes: ${gone.map((h) => html`<s>${protoLabel(h)} ${h.size}</s> `)}</p>`;
}

function headers({ open, lit }, stack, step, act) {
  const did = changes(step.event === "originate" || step.event === "drop" ? stack : step.before, stack);
  const names = roles(stack);
  const touched = did.some((d) => d.added || d.changed.size);
  return stack.map((h, i) => {
    const key = stack.length - 1 - i;
    const { added, changed, was } = did[i];
    const shown =
      open.get(key) ?? (touched ? added || changed.size > 0 : names[i] === "inner-ip" || h.proto === "arp");
    return html`<div class="header" role="none">
      <div class="head ${names[i]}" role="treeitem" aria-level="1" aria-expanded=${shown ? "true" : "false"} tabindex=${i === 0 ? "0" : "-1"}
        @click=${() => act.open(key, !shown)} @openchange=${(e) => act.open(key, e.detail)}>
        <i class="swatch"></i>${icon("open")}<b>${nameOf(stack, i)}</b><span>${h.size} bytes</span>${added ? html`<em>new</em>` : changed.size ? html`<em>changed</em>` : nothing}</div>
      ${
        shown
          ? html`<div role="group">${fieldsOf(h)
              .filter((f) => f !== "data.len")
              .map((f) => field(h, i, f, added, changed.has(f) ? was[f] : undefined, lit, act))}</div>`
          : nothing
      }
    </div>`;
  });
}

function field(h, header, name, added, was, lit, act) {
  const on = lit?.field === name && lit.header === header;
  const light = () => act.light({ field: name, header });
  const changed = was !== undefined;
  return html`<div class="field ${added ? "new" : ""} ${changed ? "changed" : ""} ${on ? "lit" : ""}" role="treeitem" aria-level="2" tabindex="-1" @pointerenter=${light} @focus=${light}>
    <span class="key">${name}</span><span class="value">${valueText(h[name])}${changed ? html` <span class="was">was ${valueText(was)}</span>` : nothing}</span></div>`;
}

function hex(stack, places, lit, { narrow }, act) {
  const width = narrow ? 8 : 16;
  const choose = (byte) => {
    const s = fieldAt(places, byte);
    act.light(s && { field: s.field, header: s.header });
  };
  const total = stack.reduce((n, h) => n + h.size, 0);
  return html`<div class="hex" tabindex="0" role="group" aria-label="Bytes of the packet. The arrow keys move through them."
      @pointermove=${(e) => {
        const b = byteUnder(e);
        if (b !== null) choose(b);
      }} @pointerleave=${() => act.light(null)} @blur=${() => act.light(null)}
      @keydown=${(e) => move(e, lit, width, total, choose)}>
    ${guard([packetBytes(stack), width, lit?.from, lit?.to], () => hexRows(stack, width, lit).map((r) => html`<div class="hexrow"><span class="offset">${r.offset.toString(16).padStart(4, "0")}</span>${r.runs.map((run) => html`<span class="run ${run.role} ${run.lit ? "lit" : ""}" .from=${run.from}>${run.text}</span>`)}</div>`))}
    <p class="hexsays" aria-live="polite">${lit ? `${lit.field}, byte ${lit.from}${lit.to - lit.from > 1 ? ` to ${lit.to - 1}` : ""}${lit.bits && lit.bits % 8 ? `, ${lit.bits} bit${lit.bits > 1 ? "s" : ""}` : ""}` : `${total} bytes`}</p></div>`;
}

/** @param {PointerEvent} e */
function byteUnder(e) {
  const run = e.target.closest?.(".run");
  if (!run) return null;
  const box = run.getBoundingClientRect();
  const inner = e.clientX - box.left - parseFloat(getComputedStyle(run).paddingLeft || 0);
  return (
    run.from +
    Math.max(
      0,
      Math.min(
        Math.floor(((inner / box.width) * run.textContent.length + 0.5) / 3),
        Math.floor(run.textContent.length / 3),
      ),
    )
  );
}

/** @param {KeyboardEvent} e */
function move(e, lit, width, total, choose) {
  const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: width, ArrowUp: -width }[e.key];
  if (!by) return;
  e.preventDefault();
  e.stopPropagation();
  const from = !lit ? 0 : by === 1 ? lit.to : by > 0 ? lit.from + by : Math.max(0, lit.from + by);
  choose(Math.max(0, Math.min(total - 1, from)));
}
