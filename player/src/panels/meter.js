/** Bytes on this device against its MTU, header by header. */
import { html, nothing } from "lit";
import { innerStart, roles, sizeOf } from "../model/stack.js";
import { packetOf } from "../model/frame.js";
/** @import { Step } from "../types.js" */

/**
 * @param {Step} step
 * @param {Step|undefined} next the step after it in the same trace
 * @returns {{
 *   size: number, mtu: number|null, parts: {role: string, size: number}[], over: number, spare: number|null,
 *   then: string,
 * }}
 */
export function measure(step, next) {
  // what a tunnel device is handed, not what it makes of it, must fit its MTU
  const stack = step.event === "encap" ? step.before : packetOf(step);
  const names = roles(stack);
  const link = stack[0]?.proto === "eth" ? 1 : 0;
  const parts = stack.slice(link).map((h, i) => ({ role: names[i + link], size: h.size }));
  const size = sizeOf(stack) - (link ? stack[0].size : 0);
  const start = innerStart(stack);
  const inner = stack.findIndex((h, i) => i >= start && h.proto === "ip");
  const overhead = start > 0 && inner > 0 ? sizeOf(stack.slice(link, inner)) : 0;
  const over = step.mtu ? Math.max(0, size - step.mtu) : 0;
  const then =
    { fragment: "it is cut into fragments", drop: "it is dropped" }[
      step.event === "drop" ? "drop" : next?.event
    ] ?? "it does not fit";
  return {
    size,
    mtu: step.mtu ?? null,
    parts,
    over,
    spare: overhead && step.mtu ? step.mtu - overhead : null,
    then,
  };
}

/** @param {{step: Step, next: Step|undefined}} state */
export function meter({ step, next }) {
  const m = measure(step, next);
  const full = Math.max(m.size, m.mtu ?? 0) || 1;
  const words =
    m.mtu === null
      ? `${m.size} bytes of IP packet`
      : `${m.size} of ${m.mtu} bytes${step.dev ? ` on ${step.dev}` : ""}`;
  return html`<div class="meter ${m.over ? "over" : ""}">
    <p><b>${words}</b>${m.over ? html` <span class="bad">too big by ${m.over}: ${m.then}</span>` : nothing}${m.spare !== null ? html` · inside this wrapping ${m.spare} fit` : nothing}</p>
    ${
      m.mtu === null
        ? nothing
        : html`<div class="gauge" aria-hidden="true">${m.parts.map((p) => html`<i class=${p.role} style="width:${(p.size / full) * 100}%"></i>`)}
      ${m.over ? html`<u style="left:${(m.mtu / full) * 100}%"></u>` : nothing}</div>`
    }</div>`;
}
