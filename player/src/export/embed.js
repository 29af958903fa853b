/** The lines that put this player into another page. */
import { IPTABLES, modeKey } from "../data/options.js";

/** @import { Mode, Options } from "../data/options.js" */

const escaped = (text) =>
  String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

/**
 * @param {Options} o @param {number} step counted from 0
 * @param {string} root address of the folder that holds the module and the walks
 * @param {Mode[]} [beside]
 */
export function embed(o, step, root, beside = []) {
  const flags = [
    ["plugin", o.plugin],
    ["mode", o.mode],
    ["scenario", o.scenario],
    ["proto", o.proto],
    ["size", o.size],
    ["fault", o.fault],
    ["rules", o.rules === IPTABLES ? null : o.rules],
    ["release", o.release || null],
    ["step", step],
    ["with", beside.map(modeKey).join(",") || null],
    ["data-root", `${root}walks/`],
  ];
  const attributes = flags
    .filter(([, v]) => v !== null && v !== undefined)
    .map(([k, v]) => `${k}="${escaped(v)}"`);
  if (o.df) attributes.push("df");
  if (o.cold) attributes.push("cold");
  const module = `<script type="module" src="${escaped(root)}player.js"></script>`;
  return `${module}\n<packet-walk ${attributes.join(" ")}></packet-walk>`;
}
