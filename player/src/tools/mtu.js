/** <walk-mtu>: the MTU calculator; the form and the table are the page's, the sums are the model's. */
import { dataOf, make, offer } from "./dom.js";
import { byHeader, sum, told } from "./sums.js";

/** @import { Mode, Sum } from "./sums.js" */

const LINK = /^#mtu=(\d+)\/([\w-]+\/[\w-]+)$/;
/** The underlay of every walk that a page can play. */
const WALKED = 1500;

export class WalkMtu extends HTMLElement {
  connectedCallback() {
    const { least, most, modes } = dataOf(this);
    /** @type {Mode[]} */
    this.modes = modes;
    this.least = least;
    this.most = most;
    this.form = this.querySelector("form");
    this.form.addEventListener("input", () => this.show());
    this.form.addEventListener("submit", (e) => e.preventDefault());
    for (const button of this.form.querySelectorAll("button"))
      button.addEventListener("click", () => this.set(button.value));
    this.rows = [...this.querySelectorAll("tbody tr")];
    offer(
      this.field("plugin"),
      [...new Set(this.modes.map((each) => each.plugin))].map((name) => [name, name]),
    );
    this.field("plugin").value = "Flannel";
    addEventListener("hashchange", this.follow);
    if (!this.follow()) this.show();
  }

  disconnectedCallback() {
    removeEventListener("hashchange", this.follow);
  }

  /** @param {string} name @returns {any} */
  field(name) {
    return this.form.elements.namedItem(name);
  }

  /** @param {string} underlay @param {Mode} [mode] */
  set(underlay, mode) {
    this.field("underlay").value = underlay;
    if (mode) this.choose(mode);
    this.show();
  }

  /** @param {Mode} mode */
  choose(mode) {
    this.field("plugin").value = mode.plugin;
    this.field("sealed").value = mode.sealed ? "1" : "";
    this.offer();
    this.field("mode").value = mode.key;
  }

  /** A link may name an underlay and a mode. */
  follow = () => {
    const found = LINK.exec(location.hash);
    const mode = found && this.modes.find(({ key }) => key === found[2]);
    if (!mode) return false;
    this.set(found[1], mode);
    return true;
  };

  /** Offer the modes of the plugin that encrypt, or those that do not. */
  offer() {
    const own = this.modes.filter((each) => each.plugin === this.field("plugin").value);
    const sealed = this.field("sealed");
    sealed.options[1].disabled = !own.some((each) => each.sealed);
    if (sealed.options[1].disabled) sealed.value = "";
    const fitting = own.filter((each) => each.sealed === Boolean(sealed.value));
    offer(
      this.field("mode"),
      fitting.map((each) => [each.key, `${each.mode}: ${each.title}`]),
    );
  }

  show() {
    this.offer();
    const underlay = this.field("underlay").valueAsNumber;
    if (!(underlay >= this.least && underlay <= this.most && Number.isInteger(underlay))) {
      this.say(`The MTU of the underlay is a whole number from ${this.least} to ${this.most}.`, false);
      return;
    }
    const mode = this.modes.find(({ key }) => key === this.field("mode").value);
    const of = sum(mode, underlay);
    this.say(told(mode, of));
    this.querySelector(".frame").replaceChildren(...frame(mode, of));
    this.querySelector("dl").replaceChildren(...facts(mode, of));
    this.querySelector(".underlay").textContent = String(underlay);
    for (const [k, each] of this.modes.entries()) fill(this.rows[k], each, sum(each, underlay));
  }

  /** @param {string} words @param {boolean} counted  whether there is a sum to show */
  say(words, counted = true) {
    this.querySelector(".told").textContent = words;
    for (const each of this.querySelectorAll(".frame, dl")) each.toggleAttribute("hidden", !counted);
  }
}

/** The frame that leaves the node, outermost first. @param {Mode} mode @param {Sum} of */
function frame({ far }, { overhead, fits }) {
  const box = (name, bytes, layer) =>
    make(
      "span",
      {
        style: `--solid:var(--pw-${layer});--over:var(--pw-${layer}-ink)`,
        class: layer === "data" ? "packet" : "",
      },
      `${name} ${bytes}`,
    );
  const parts = (behind) =>
    overhead
      .filter((part) => part.behind === behind)
      .map(({ name, bytes, layer }) => box(name, bytes, layer));
  const outer = box(far || !overhead.length ? "Ethernet" : "outer Ethernet", 14, "eth");
  return [outer, ...parts(false), box("the pod’s IP packet", fits, "data"), ...parts(true)];
}

/** @param {Mode} mode @param {Sum} of */
function facts(mode, of) {
  const fact = (name, ...words) => [make("dt", {}, name), make("dd", {}, ...words)];
  return [
    ...fact("Header by header", byHeader(of)),
    ...fact("Largest ping or UDP data", `${of.ping} bytes (IP 20 and ICMP or UDP 8 less)`),
    ...fact("TCP asks for an MSS of", `${of.mss} bytes (IP 20 and TCP 20 less)`),
    ...fact("Frame on the wire", `${of.frame} bytes${mode.far ? " to a node of the same subnet" : ""}`),
    ...fact("One byte more, with DF", of.whole),
    ...fact("One byte more, without DF", of.cut),
    ...fact("Watch it", ...watch(mode, of)),
  ];
}

/** Links to the player of the page. @param {Mode} mode @param {Sum} of */
function watch({ key }, { underlay, ping }) {
  if (underlay !== WALKED) return [`The walks of this page cross an underlay of ${WALKED} bytes.`];
  const link = (size, words) =>
    make("a", { class: "step", href: `#walk=${key}/cross-node/icmp/${size}/1/0/none/0&el=1` }, words);
  return [link(ping, "the largest that fits"), ", ", link(ping + 1, "one byte more")];
}

/** A row of the table: its name leads to its sum. @param {Element} row @param {Mode} mode @param {Sum} of */
function fill(row, mode, of) {
  const [head, ...cells] = /** @type {any} */ (row).cells;
  const name = `${mode.plugin} ${mode.mode}`;
  head.replaceChildren(make("a", { href: `#mtu=${of.underlay}/${mode.key}` }, name));
  const values = [of.added, of.pod, of.fits, of.ping, of.mss];
  for (const [k, cell] of cells.entries()) cell.textContent = String(values[k]);
}
