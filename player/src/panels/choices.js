/** What is sent, where, and what is broken: every combination is derived. */
import { html, nothing } from "lit";
import { IPTABLES, usual } from "../data/options.js";
import { icon } from "../draw/icons.js";
import { endOf, headline } from "../model/words.js";
import { proofMark, proofOf, proveHere } from "./proof.js";

/** @import { Comparison } from "../player/comparison.js" */
/** @import { Options } from "../data/options.js" */
/** @import { Walk } from "../types.js" */

const PROTOS = { icmp: "ping (ICMP)", udp: "UDP", tcp: "TCP" };

/** The sizes a catalogue offers for a protocol. @param {any} catalogue @param {string} proto */
export function sizesFor(catalogue, proto) {
  const sizes = catalogue?.sizes ?? [];
  return Array.isArray(sizes) ? sizes : (sizes[proto] ?? []);
}

/**
 * Faults that this scenario can have; what is made ahead with other rules or of another release has none.
 * @param {any} catalogue @param {{scenario: string, rules?: string, release?: string}} options
 * @param {boolean} [live]
 */
export const faultsFor = (catalogue, options, live = false) =>
  usual(options) || live
    ? (catalogue?.faults ?? []).filter((f) => !f.scenarios || f.scenarios.includes(options.scenario))
    : [];

/**
 * The ways a packet can be sent, by name and in words; the walk's own first when it belongs to no scenario.
 * @param {any} catalogue @param {{scenario: string}} options @param {{title: string}} walk
 * @returns {[string, string][]}
 */
export function waysFor(catalogue, { scenario }, { title }) {
  const known = (catalogue?.scenarios ?? []).map((s) => [s.name, s.title]);
  return scenario ? known : [["", title.split(": ").at(-1)], ...known];
}

/**
 * Make a change fit: a new fault brings the packet that shows it; a fault or a size that the new choice does
 * not know is given up, and so is a release that has no such rules.
 * @param {any} catalogue @param {Options} before
 * @param {Partial<Options>} change @param {boolean} anySize whether sizes may be typed
 */
export function settle(catalogue, before, change, anySize = false) {
  const o = { ...before, ...change };
  if (!releasesFor(catalogue, o).includes(o.release)) o.release = "";
  const sizes = sizesFor(catalogue, o.proto);
  const fault = faultsFor(catalogue, o, anySize).find((f) => f.name === o.fault) ?? null;
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
 *   proofs: string|null, kernel: string|null, veiled: string|null, narrow: boolean,
 *   guesses: Map<number, boolean>|null,
 * }} state
 * @param {{choose(change: any): void, unveil(): void, guess(): void, prove(): void}} act
 */
export function choices(
  { walk, options, catalogue, live, busy, comparison, proofs, kernel, veiled, narrow, guesses },
  act,
) {
  const good = walk.disposition === "delivered";
  const verdict = html`${icon(good ? "check" : "cross")}${endOf(walk.disposition)}`;
  return html`<header class="choices" aria-busy=${busy ? "true" : "false"}>
    <h2>${headline(walk)}</h2>
    ${
      guesses
        ? score(guesses)
        : veiled
          ? guess(veiled, act)
          : html`<p class="summary">${walk.summary}</p>
    <span class="verdict ${good ? "good" : "bad"}">${verdict}</span>`
    }
    <details class="choosing" ?open=${!narrow}>
      <summary>${packetWords(options, Boolean(catalogue))}</summary><div class="rest">
      ${catalogue ? packetChoices(options, walk, catalogue, live, act) : chip(walk.title)}
      ${catalogue?.knobs ? nothing : guessButton(guesses, act)}
      ${comparison.possible ? compareWith(comparison) : nothing}
      ${proofMark(proofOf(catalogue, options), proofs)}
      ${proveHere(kernel, act.prove)}</div></details>
    ${walk.policies ? governing(walk.policies) : nothing}
    ${walk.fault && !veiled ? story(walk.fault) : nothing}
  </header>`;
}

/** What is sent, in a line: the choices, if there are any, are behind it where there is little room. */
const packetWords = ({ proto, size, fault }, choosable) =>
  `${PROTOS[proto] ?? proto}, ${size} B${fault ? ", broken" : ""}` +
  (choosable ? ": change it, break it, compare it" : "");

/** In place of the end, while the player asks. @param {Map<number, boolean>} guesses */
const score = (guesses) => html`<p class="summary">${[...guesses.values()].filter(Boolean).length} of
  ${guesses.size} decisions guessed.</p>`;

/** In place of the end, while a question asks for it. @param {string} question */
const guess = (question, act) => html`<p class="summary"><span>What becomes of it? Play it,
  <a href="#${question}">guess first</a>, or </span></p>
  <button type="button" class="small" @click=${act.unveil}>show me</button>`;

/** Under which policies it went. @param {string[]} policies */
const governing = (policies) => html`<p class="policies"><b>Policies:</b> ${policies.join("; ")}.</p>`;

/** What was broken and what follows, as one would tell it. */
const story = ({ title, story }) =>
  html`<p class="story">${icon("warning")}<span><b>${title}.</b> ${story}</span></p>`;

const guessButton = (guesses, act) => html`<button type="button" class="chip"
  aria-pressed=${guesses ? "true" : "false"} @click=${act.guess}>guess each step</button>`;

const chip = (words) => html`<span class="chip">${words}</span>`;

function compareWith(comparison) {
  return html`<button type="button" class="chip" aria-expanded=${comparison.picking ? "true" : "false"}
    @click=${() => comparison.pick()}>compare with …</button>`;
}

function packetChoices(o, walk, catalogue, live, act) {
  const { protos = ["icmp"] } = catalogue;
  const same = (value) => value;
  const choose =
    (key, read = same) =>
    (value) =>
      act.choose({ [key]: read(value) });
  /** A small figure has few controls. */
  const knob = (name, made) => (catalogue.knobs && !catalogue.knobs.includes(name) ? nothing : made());
  const ways = knob("way", () =>
    select("Scenario", o.scenario, waysFor(catalogue, o, walk), choose("scenario")),
  );
  if (!o.scenario && !live) return ways; // what a page's files hold, they hold by scenario
  const kinds = protos.map((p) => [p, PROTOS[p] ?? p]);
  const given = () => oneOf(o.size, sizesFor(catalogue, o.proto), choose("size", Number));
  return html`
    ${ways}
    ${knob("proto", () => select("Protocol", o.proto, kinds, choose("proto")))}
    ${knob("size", () => (live ? anySize(o.size, choose("size")) : given()))}
    ${knob("df", () => tick("DF", o.df, choose("df")))}
    ${knob("cold", () => tick("cold caches", o.cold, choose("cold")))}
    ${select("Rules", o.rules, (catalogue.rules ?? []).map(byRules), choose("rules"))}
    ${select("Release", o.release, releasesFor(catalogue, o).map(ofRelease), choose("release"))}
    ${knob("break", () => breaking(o.fault, faultsFor(catalogue, o, live), choose("fault")))}`;
}

/** A size that may be typed, where a live model walks whatever is asked. */
function anySize(size, choose) {
  const read = ({ target }) => choose(Math.max(0, Math.min(65000, Math.round(Number(target.value) || 0))));
  return html`<label class="chip">Size
    <input type="number" min="0" max="65000" .value=${String(size)} @change=${read} /> B</label>`;
}

function oneOf(size, sizes, choose) {
  return select(
    "Size",
    String(size),
    sizes.map((s) => [String(s.size), s.label]),
    choose,
  );
}

/** @param {string} rules @returns {[string, string]} */
const byRules = (rules) => [rules, `rules: ${rules}`];

/** @param {string} name @param {number} place  the newest is the first @returns {[string, string]} */
const ofRelease = (name, place) => [place ? name : "", `release: ${name}`];

/**
 * The releases that are walked with these rules, of the plugin or of kube-proxy.
 * @param {any} catalogue @param {{rules?: string}} o @returns {string[]}
 */
const releasesFor = (catalogue, { rules = IPTABLES }) => catalogue?.releases?.[rules] ?? [];

function breaking(fault, faults, choose) {
  if (!faults.length) return nothing;
  const offers = [["", "nothing broken"], ...faults.map((f) => [f.name, f.title])];
  return select("break it:", fault ?? "", offers, (name) => choose(name || null), true);
}

function tick(label, checked, choose) {
  const read = ({ target }) => choose(target.checked);
  return html`<label class="chip">
    <input type="checkbox" .checked=${checked} @change=${read} />${label}</label>`;
}

function select(label, value, offers, choose, visible = false) {
  if (!offers.length) return nothing;
  const option = ([v, words]) => html`<option value=${v} ?selected=${v === value}>${words}</option>`;
  return html`<label class="chip"><span class=${visible ? "label" : "hidden"}>${label}</span>
    <select @change=${({ target }) => choose(target.value)}>${offers.map(option)}</select></label>`;
}
