/** Bytes on this device against its MTU, header by header. */
import { html, nothing } from "lit";
import { packetOf } from "../model/frame.js";
import { innerStart, roles, sizeOf } from "../model/stack.js";

/** @import { Step } from "../types.js" */

const FATES = { fragment: "it is cut into fragments", drop: "it is dropped" };

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
  const then = FATES[step.event === "drop" ? "drop" : next?.event] ?? "it does not fit";
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
  const on = step.dev ? ` on ${step.dev}` : "";
  const words = m.mtu === null ? `${m.size} bytes of IP packet` : `${m.size} of ${m.mtu} bytes${on}`;
  const over = m.over ? html` <span class="bad">too big by ${m.over}: ${m.then}</span>` : nothing;
  const spare = m.spare !== null ? html` · inside this wrapping ${m.spare} fit` : nothing;
  return html`<div class="meter ${m.over ? "over" : ""}">
    <p><b>${words}</b>${over}${spare}</p>
    ${m.mtu === null ? nothing : gauge(m)}</div>`;
}

function gauge({ size, mtu, parts, over }) {
  const full = Math.max(size, mtu) || 1;
  const share = (bytes) => `${(bytes / full) * 100}%`;
  const bars = parts.map((p) => html`<i class=${p.role} style="width:${share(p.size)}"></i>`);
  const limit = over ? html`<u style="left:${share(mtu)}"></u>` : nothing;
  return html`<div class="gauge" aria-hidden="true">${bars}${limit}</div>`;
}
