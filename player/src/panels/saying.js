/** The step's words beside the packet, where the picture is empty: above or below it. */
import { html, nothing } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { roomAt } from "../layout/room.js";
import { titleOf } from "../model/words.js";

/** @import { Scene } from "./picture.js" */

/** @param {Scene} scene */
export function saying(scene) {
  const { step, i } = scene.moment;
  const room = roomAt(scene, i);
  if (!room) return nothing;
  const { top, bottom, left, right, below } = room;
  const place = below ? `top:${top}px` : `bottom:${scene.layout.height - bottom}px`;
  const style = `left:${left}px;width:${right - left}px;max-height:${bottom - top}px;${place}`;
  const line = step.entry ? html`<code>${step.entry.line}</code>` : nothing;
  const stop = scene.halted ? html`<small>Stopped where it is decided: Play goes on.</small>` : nothing;
  return keyed(
    below,
    html`<div class="saying" style=${style} aria-hidden="true">
    <b>${titleOf(step)}</b><p>${step.why}</p>${line}${stop}</div>`,
  );
}
