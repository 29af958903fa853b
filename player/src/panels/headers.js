/** The header stack as a tree: what the step added or changed is open and marked. */
import { html, nothing } from "lit";
import { icon } from "../draw/icons.js";
import { valueText } from "../model/bytes.js";
import { changes, fieldsOf, nameOf, roles } from "../model/stack.js";
/** @import { Header } from "../types.js" */
/** @import { PacketActs, PacketState } from "./packet.js" */

/** @param {PacketState} state @param {Header[]} stack @param {PacketActs} act */
export function headers({ step, open, lit }, stack, act) {
  const did = changes(step.event === "originate" || step.event === "drop" ? stack : step.before, stack);
  const names = roles(stack);
  const touched = did.some((d) => d.added || d.changed.size);
  return stack.map((h, i) => {
    const key = stack.length - 1 - i;
    const { added, changed, was } = did[i];
    const own = touched ? added || changed.size > 0 : names[i] === "inner-ip" || h.proto === "arp";
    const shown = open.get(key) ?? own;
    const fields = fieldsOf(h).filter((f) => f !== "data.len");
    const rows = () =>
      fields.map((f) => field(h, i, f, added, changed.has(f) ? was[f] : undefined, lit, act));
    return html`<div class="header" role="none">
      <div class="head ${names[i]}" role="treeitem" aria-level="1" aria-expanded=${shown ? "true" : "false"}
        tabindex=${i === 0 ? "0" : "-1"}
        @click=${() => act.open(key, !shown)} @openchange=${(e) => act.open(key, e.detail)}>
        <i class="swatch"></i>${icon("open")}
        <b>${nameOf(stack, i)}</b><span>${h.size} bytes</span>${mark(did[i])}</div>
      ${shown ? html`<div role="group">${rows()}</div>` : nothing}
    </div>`;
  });
}

function mark({ added, changed }) {
  if (added) return html`<em>new</em>`;
  return changed.size ? html`<em>changed</em>` : nothing;
}

function field(h, header, name, added, was, lit, act) {
  const on = lit?.field === name && lit.header === header;
  const light = () => act.light({ field: name, header });
  const changed = was !== undefined;
  const kind = `field ${added ? "new" : ""} ${changed ? "changed" : ""} ${on ? "lit" : ""}`;
  const before = changed ? html` <span class="was">was ${valueText(was)}</span>` : nothing;
  return html`<div class=${kind} role="treeitem" aria-level="2" tabindex="-1"
    @pointerenter=${light} @focus=${light}>
    <span class="key">${name}</span><span class="value">${valueText(h[name])}${before}</span></div>`;
}
