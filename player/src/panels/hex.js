/** The bytes of the packet, in rows; the field under the pointer or the keys is lit. */
import { html } from "lit";
import { guard } from "lit/directives/guard.js";
import { fieldAt, hexRows, packetBytes } from "../model/bytes.js";

/** @import { Span } from "../model/bytes.js" */
/** @import { Header } from "../types.js" */
/** @import { PacketActs } from "./packet.js" */

const LABEL = "Bytes of the packet. The arrow keys move through them.";

/**
 * @param {Header[]} stack @param {Span[]} places @param {Span|null|undefined} lit
 * @param {boolean} narrow @param {PacketActs} act
 */
export function hex(stack, places, lit, narrow, act) {
  const width = narrow ? 8 : 16;
  const choose = (byte) => {
    const s = fieldAt(places, byte);
    act.light(s && { field: s.field, header: s.header });
  };
  const point = (e) => {
    const byte = byteUnder(e);
    if (byte !== null) choose(byte);
  };
  const dark = () => act.light(null);
  const total = stack.reduce((n, h) => n + h.size, 0);
  const rows = () => hexRows(stack, width, lit).map(row);
  return html`<div class="hex" tabindex="0" role="group" aria-label=${LABEL}
      @pointermove=${point} @pointerleave=${dark} @blur=${dark}
      @keydown=${(e) => move(e, lit, width, total, choose)}>
    ${guard([packetBytes(stack), width, lit?.from, lit?.to], rows)}
    <p class="hexsays" aria-live="polite">${lit ? placeOf(lit) : `${total} bytes`}</p></div>`;
}

function row({ offset, runs }) {
  const parts = runs.map(
    (run) => html`<span class="run ${run.role} ${run.lit ? "lit" : ""}" .from=${run.from}>${run.text}</span>`,
  );
  const address = offset.toString(16).padStart(4, "0");
  return html`<div class="hexrow"><span class="offset">${address}</span>${parts}</div>`;
}

/** Where a field stands, in words: "ip.src, byte 26 to 29". @param {Span} lit */
function placeOf({ field, from, to, bits }) {
  const last = to - from > 1 ? ` to ${to - 1}` : "";
  const some = bits && bits % 8 ? `, ${bits} bit${bits > 1 ? "s" : ""}` : "";
  return `${field}, byte ${from}${last}${some}`;
}

/** The byte of the packet under the pointer, or null. @param {PointerEvent} e */
function byteUnder(e) {
  /** @type {any} */
  const run = e.target instanceof Element ? e.target.closest(".run") : null;
  if (!run) return null;
  const box = run.getBoundingClientRect();
  const padding = Number.parseFloat(getComputedStyle(run).paddingLeft) || 0;
  const { length } = run.textContent;
  const at = Math.floor((((e.clientX - box.left - padding) / box.width) * length + 0.5) / 3);
  return run.from + Math.max(0, Math.min(at, Math.floor(length / 3)));
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
