/** What is sent, where, and what is broken: every combination is derived. */
import { html, nothing } from "lit";
import { headline, endOf } from "../model/words.js";
import { icon } from "../draw/icons.js";
import { proofMark, proofOf } from "./proof.js";
/** @import { Comparison } from "../comparison.js" */
/** @import { Options } from "../data/options.js" */
/** @import { Walk } from "../types.js" */

const PROTOS = { icmp: "ping (ICMP)", udp: "UDP", tcp: "TCP" };

/** The sizes a catalogue offers for a protocol. @param {any} catalogue @param {string} proto */
export function sizesFor(catalogue, proto) {
  const sizes = catalogue?.sizes ?? [];
  return Array.isArray(sizes) ? sizes : (sizes[proto] ?? []);
}

/** Faults that this scenario can have. @param {any} catalogue @param {string} scenario */
export const faultsFor = (catalogue, scenario) =>
  (catalogue?.faults ?? []).filter((f) => !f.scenarios || f.scenarios.includes(scenario));

/**
 * Make a change fit: a new fault brings the packet that shows it; a fault or a size that the new choice does
 * not know is given up.
 * @param {any} catalogue @param {Options} before
 * @param {Partial<Options>} change @param {boolean} anySize whether sizes may be typed
 */
export function settle(catalogue, before, change, anySize = false) {
  const o = { ...before, ...change };
  const sizes = sizesFor(catalogue, o.proto);
  const fault = faultsFor(catalogue, o.scenario).find((f) => f.name === o.fault) ?? null;
  const shows =
    change.fault && fault?.size !== undefined && o.proto !== "tcp"
      ? { size: fault.size, df: Boolean(fault.df) }
      : {};
  const known = sizes.some((s) => s.size === o.size);
  const typed = anySize && !("proto" in change);
  return {
    ...o,
    size: known || typed || !sizes.length ? o.size : sizes[0].size,
    ...shows,
    fault: fault?.name ?? null,
  };
}

/**
 * @param {{
 *   walk: Walk, options: Options, catalogue: any, live: boolean, busy: boolean, comparison: Comparison,
 *   proofs: string|null,
 * }} state
 * @param {{choose(change: any): void}} act
 */
export function choices({ walk, options, catalogue, live, busy, comparison, proofs }, act) {
  const good = walk.disposition === "delivered";
  return html`<header class="choices" aria-busy=${busy ? "true" : "false"}>
    <h2>${headline(walk)}</h2>
    <p class="summary">${walk.summary}</p>
    <span class="verdict ${good ? "good" : "bad"}">${icon(good ? "check" : "cross")}${endOf(walk.disposition)}</span>
    <div class="rest">${catalogue ? controls(options, catalogue, live, act) : html`<span class="chip">${walk.title}</span>`}
      ${comparison.possible ? html`<button type="button" class="chip" aria-expanded=${comparison.picking ? "true" : "false"} @click=${() => comparison.pick()}>compare with …</button>` : nothing}
      ${proofMark(proofOf(catalogue, options), proofs)}</div>
  </header>`;
}

function controls(o, catalogue, live, act) {
  const faults = faultsFor(catalogue, o.scenario);
  const sizes = sizesFor(catalogue, o.proto);
  const change =
    (key, read = (el) => el.value) =>
    (e) =>
      act.choose({ [key]: read(e.target) });
  return html`
    ${select(
      "Scenario",
      o.scenario,
      (catalogue.scenarios ?? []).map((s) => [s.name, s.title]),
      change("scenario"),
    )}
    ${select(
      "Protocol",
      o.proto,
      (catalogue.protos ?? ["icmp"]).map((p) => [p, PROTOS[p] ?? p]),
      change("proto"),
    )}
    ${
      live
        ? html`<label class="chip">Size <input type="number" min="0" max="65000" .value=${String(o.size)} @change=${change("size", (el) => Math.max(0, Math.min(65000, Math.round(Number(el.value) || 0))))} /> B</label>`
        : select(
            "Size",
            String(o.size),
            sizes.map((s) => [String(s.size), s.label]),
            change("size", (el) => Number(el.value)),
          )
    }
    <label class="chip"><input type="checkbox" .checked=${o.df} @change=${change("df", (el) => el.checked)} />DF</label>
    <label class="chip"><input type="checkbox" .checked=${o.cold} @change=${change("cold", (el) => el.checked)} />cold caches</label>
    ${
      faults.length
        ? select(
            "break it:",
            o.fault ?? "",
            [["", "nothing broken"], ...faults.map((f) => [f.name, f.title])],
            change("fault", (el) => el.value || null),
            true,
          )
        : nothing
    }`;
}

function select(label, value, options, change, visible = false) {
  if (!options.length) return nothing;
  return html`<label class="chip"><span class=${visible ? "label" : "hidden"}>${label}</span><select @change=${change}>
    ${options.map(([v, words]) => html`<option value=${v} ?selected=${v === value}>${words}</option>`)}</select></label>`;
}
