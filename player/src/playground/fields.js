/** The form: what is asked of the text; and, beside a field, what is wrong with what stands in it. */
import { make } from "../tools/dom.js";
import { divided } from "./words.js";

export const FIELDS = ["plugin", "protocol", "port", "source", "destination"];
const NUMBER = /^\d+$/;

export class Fields {
  #port = 80;

  /** @param {any} form */
  constructor(form) {
    this.form = form;
  }

  /** What the fields ask; where no port stands in its field, the last one that did. */
  get values() {
    const given = Object.fromEntries(FIELDS.map((name) => [name, this.form[name].value.trim()]));
    if (isPort(given.port)) this.#port = Number(given.port);
    return { ...given, port: this.#port };
  }

  /** @param {Record<string, any>} asked */
  set(asked) {
    for (const name of FIELDS) if (name in asked) this.form[name].value = asked[name];
    this.good();
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
