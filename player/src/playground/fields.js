/** The form: what is asked of the text; and, beside a field, what is wrong with what stands in it. */
import { make } from "../tools/dom.js";
import { divided } from "./words.js";

/** Who enforces the policies, and how a packet is stepped there. */
export const HOW = ["plugin", "mode", "rules"];
export const FIELDS = [...HOW, "protocol", "port", "source", "destination"];
const NUMBER = /^\d+$/;

/** @typedef {{modes: string[], rules: string[]}} Ways  in which packets are stepped, the usual ones first */

export class Fields {
  #port = 80;

  /** @param {any} form @param {Record<string, Ways>} plugins  by name */
  constructor(form, plugins) {
    this.form = form;
    this.plugins = plugins;
    this.offer();
  }

  /**
   * What the fields ask; where no port stands in its field, the last one that did.
   * @returns {Omit<import("./link.js").Asked, "text">}
   */
  get values() {
    const given = Object.fromEntries(FIELDS.map((name) => [name, this.form[name].value.trim()]));
    if (isPort(given.port)) this.#port = Number(given.port);
    return /** @type {any} */ ({ ...given, port: this.#port });
  }

  /** @param {Record<string, any>} asked */
  set(asked) {
    for (const name of FIELDS) {
      if (!(name in asked)) continue;
      this.form[name].value = asked[name];
      if (name === "plugin") this.offer();
    }
    this.good();
  }

  /** What may stand in a field that says how. @param {string} name @param {string} [plugin] */
  valid(name, plugin = this.form.plugin.value) {
    const { modes, rules } = this.plugins[plugin];
    const protocol = [...this.form.protocol.options].map(({ value }) => value);
    return { plugin: Object.keys(this.plugins), mode: modes, rules, protocol }[name];
  }

  /**
   * Whether a packet is stepped so where nobody chooses.
   * @param {string} plugin @param {string} mode @param {string} rules
   */
  usual(plugin, mode, rules) {
    return mode === this.valid("mode", plugin)[0] && rules === this.valid("rules", plugin)[0];
  }

  /** Offer the modes and the forms of rules that the plugin has. */
  offer() {
    for (const name of ["mode", "rules"]) {
      const names = this.valid(name);
      this.form[name].replaceChildren(...names.map((each) => make("option", {}, each)));
      this.form[name].parentElement.hidden = names.length === 1;
    }
  }

  /** @param {string[]} names  what may stand as a packet's end */
  suggest(names) {
    const list = this.form.source.list;
    const same =
      names.length === list.options.length && names.every((each, k) => each === list.options[k].value);
    if (!same) list.replaceChildren(...names.map((value) => make("option", { value })));
  }

  /** Whether all of it can be asked; what cannot is said beside its field. */
  good() {
    const { port, protocol, destination } = this.form;
    const last = this.values.port;
    const named = divided(destination.value.trim()).port;
    const number = protocol.value === "ICMP" || isPort(port.value);
    say(port, number ? "" : `A port is a whole number from 1 to 65535. The answer is still that at ${last}.`);
    say(destination, named ? `The port goes into its own field, as a number, not ${named}.` : "");
    return number && !named;
  }

  /** Take the port behind an end, as `packetwalk policy --explain` does; whether there was one. */
  divide() {
    const { end, port } = divided(this.form.destination.value.trim());
    if (port && !NUMBER.test(port)) return false;
    this.form.destination.value = end;
    if (port) this.form.port.value = port;
    return Boolean(port);
  }
}

/** @param {string} text */
const isPort = (text) => NUMBER.test(text) && Number(text) > 0 && Number(text) < 65_536;

/** @param {HTMLInputElement} field @param {string} words  empty: nothing is wrong */
function say(field, words) {
  if (words) field.ariaInvalid = "true";
  else field.removeAttribute("aria-invalid");
  const place = document.getElementById(field.getAttribute("aria-describedby"));
  if (place.textContent !== words) place.textContent = words;
}
