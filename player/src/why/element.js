/** <walk-why>: why a packet of a recording does not arrive; Python answers, in the page or in a notebook. */
import { Matrix, WIDEST } from "../playground/matrix.js";
import { State } from "../python/state.js";
import { dataOf, make } from "../tools/dom.js";
import { tell } from "./answer.js";
import { InPage, Overtaken } from "./answerers.js";
import { chosen, dropped, excess } from "./gather.js";
import { everyPair, question, source, told, walk } from "./parts.js";

/**
 * @import { PacketWalk } from "../player/element.js"
 * @import { Diagnosis } from "./answer.js"
 * @import { Answerer } from "./answerers.js"
 * @import { Named } from "./gather.js"
 * @typedef {{
 *   told: string, notes: string[], senders: string[][], receivers: string[][], machines: string[],
 *   first: [string, string],
 * }} Overview  what a recording is, and what can be asked of it
 */

const EXAMPLE = "broken-cluster.tgz";
/** Seconds for an answer: a long recording of many nodes takes most of them to be read. */
const PATIENCE = 120;
const NO_PYTHON =
  "This copy of the book has no Python for the browser in it: ask by the command `packetwalk why`.";
const SAID = {
  "+": { look: "allowed", sign: "✓", words: "reaches" },
  "-": { look: "denied", sign: "✕", words: "does not reach" },
  "?": { look: "unknown", sign: "?", words: "not known" },
  " ": { look: "unasked", sign: "", words: "not asked yet" },
};
const LETTERS = { reaches: "+", "does not reach": "-", "not known": "?" };
let made = 0;

export class WalkWhy extends HTMLElement {
  /** @type {Answerer|null} a notebook's kernel; without one, Python in the page answers */
  kernel = null;
  /** @type {Overview|null} */
  #overview = null;
  /** @type {any[]|null} what the answer that is shown was asked by */
  #asked = null;
  /** @type {string[]} letters of the table, row by row */
  #open = [];
  /** @type {PacketWalk|null} */
  #player = null;
  #turn = 0;

  connectedCallback() {
    if (this.form) return;
    const first = dataOf(this);
    const id = `why-${++made}`;
    this.replaceChildren(source(), question(id), everyPair(), told(), walk());
    this.form = this.querySelector("form");
    this.state = new State((selector) => this.find(selector));
    this.matrix = new Matrix(this.querySelector("table"), (row, column) => this.#choose(row, column), SAID);
    this.answerer = this.kernel ?? this.#inPage();
    this.toggleAttribute("live", this.kernel !== null);
    this.#listen();
    this.#hold(this.kernel ? first.overview : null);
    this.#tell(first.why);
    if (this.kernel) {
      this.#asked = first.asked;
      this.#write(first.asked);
    } else if (first.why) this.find(".verdict").prepend("For example. ");
    this.find(".step").hidden = !this.kernel;
  }

  disconnectedCallback() {
    this.answerer.end();
  }

  /** @param {string} selector @returns {any} */
  find(selector) {
    return this.querySelector(selector);
  }

  #inPage() {
    const place = (path) => String(new URL(path ?? "", location.href));
    const told = {
      progress: (bytes, total) => this.state.progress(bytes, total),
      ready: () => this.state.busy(this.#overview ? "" : "Reading the recording ...", false),
    };
    const patience = () => Number(this.getAttribute("patience")) || PATIENCE;
    return new InPage(place(this.dataset.folder), place(this.dataset.player), told, patience);
  }

  #listen() {
    const [files, folder] = this.querySelectorAll("input[type=file]");
    for (const [name, input] of /** @type {[string, any][]} */ ([
      [".choose", files],
      [".choose-folder", folder],
    ])) {
      this.find(name).addEventListener("click", () => input.click());
      input.addEventListener("change", () => {
        if (input.files.length) this.open(chosen(input));
        input.value = "";
      });
    }
    this.find(".example").addEventListener("click", () => this.#example());
    const place = this.find(".source");
    place.addEventListener("dragover", (event) => {
      event.preventDefault();
      place.toggleAttribute("over", true);
    });
    place.addEventListener("dragleave", () => place.removeAttribute("over"));
    place.addEventListener("drop", async (event) => {
      event.preventDefault();
      place.removeAttribute("over");
      this.open(await dropped(event.dataTransfer).catch(() => []));
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#ask();
    });
    this.find(".every").addEventListener("click", () => this.#every());
    this.find(".step").addEventListener("click", () => this.#walk());
    if (this.kernel || this.dataset.python !== undefined) return;
    for (const each of place.querySelectorAll("button")) each.disabled = true;
    this.find(".source .wrong").textContent = NO_PYTHON;
  }

  async #example() {
    try {
      const found = await fetch(new URL(EXAMPLE, this.#inPageAnswerer.python.folder));
      if (!found.ok) throw new Error(String(found.status));
      this.open([[EXAMPLE, /** @type {any} */ (await found.blob())]]);
    } catch {
      this.find(".source .wrong").textContent = "The example could not be loaded.";
    }
  }

  /** @returns {InPage} */
  get #inPageAnswerer() {
    return /** @type {InPage} */ (this.answerer);
  }

  /** Read a recording, and ask of it what was sent there. @param {Named[]} files */
  async open(files) {
    const wrong = this.find(".source .wrong");
    wrong.textContent = excess(files);
    if (wrong.textContent) return;
    this.#inPageAnswerer.give(files);
    this.#hold(null);
    this.#tell(null);
    this.state.busy(this.#inPageAnswerer.ready ? "Reading the recording ..." : "Python is loading.");
    await this.#answered("overview", [], wrong, (found) => {
      this.#hold(found);
      this.#ask();
    });
  }

  /** Say what the recording is, and let it be asked. @param {Overview|null} found  null: there is none */
  #hold(found) {
    this.#overview = found;
    this.#turn += 1;
    this.toggleAttribute("held", found !== null);
    this.find(".held").textContent = found ? found.told : "";
    this.find(".notes").replaceChildren(...(found?.notes ?? []).map((note) => make("li", {}, note)));
    this.find(".told").textContent = "";
    this.find(".table-scroll").hidden = true;
    this.find(".every").hidden = false;
    if (!found) return;
    const { source, destination } = this.form;
    source.list.replaceChildren(...found.senders.map(option));
    destination.list.replaceChildren(...found.receivers.map(option));
    this.#write(found.first);
  }

  /** @param {any[]} asked  a sender, a receiver, a packet */
  #write([src, dst, { proto, size, df } = {}]) {
    const { source, destination, protocol } = this.form;
    [source.value, destination.value, protocol.value] = [src, dst, proto ?? ""];
    this.form.size.value = size ?? "";
    this.form.df.checked = Boolean(df);
  }

  /** Ask for what stands in the form. */
  async #ask() {
    const { source, destination, protocol, size, df } = this.form;
    const packet = {
      proto: protocol.value || null,
      size: size.value ? Number(size.value) : null,
      df: df.checked || null,
    };
    const asked = [source.value, destination.value, packet];
    await this.#answered("why", asked, this.find("form .wrong"), (found) => {
      this.#asked = asked;
      this.#tell(found);
      this.find(".why").scrollIntoView({ block: "nearest" });
    });
  }

  /** @param {Diagnosis|null} found */
  #tell(found) {
    this.find("form .wrong").textContent = "";
    tell(this.find(".verdict"), this.find("dl"), found);
    this.find(".why").hidden = !found;
    this.find(".step").hidden = !found;
    this.find(".stepping").textContent = "";
    this.#player?.remove();
    this.#player = null;
  }

  /**
   * Let it be answered; what is wrong is said in its place.
   * @param {string} what @param {any[]} asked
   * @param {HTMLElement} wrong @param {(found: any) => unknown} heard
   */
  async #answered(what, asked, wrong, heard) {
    wrong.textContent = "";
    try {
      const found = await this.answerer.ask(what, asked);
      if (!found.wrong) await heard(found);
      else {
        if (what === "why") this.#tell(null);
        wrong.textContent = found.wrong;
      }
    } catch (error) {
      if (error instanceof Overtaken) return;
      wrong.textContent = error.message;
    }
    this.state.busy("");
  }

  /** @param {number} row @param {number} column */
  #choose(row, column) {
    const { machines } = this.#overview;
    this.#write([machines[row], machines[column]]);
    this.matrix.choose(row, column);
    this.#ask();
  }

  /** Ask every pair, row by row. */
  async #every() {
    const turn = ++this.#turn;
    const { machines } = this.#overview;
    const names = machines.slice(0, WIDEST);
    const said = this.find(".told");
    this.#open = names.map(() => " ".repeat(names.length));
    this.find(".every").hidden = true;
    for (const [row, name] of names.entries()) {
      said.textContent = "Asking ...";
      let found = false;
      await this.#answered("row", [name], said, (cells) => {
        if (turn !== this.#turn) return;
        const letters = new Map(cells.map(({ to, verdict }) => [to, LETTERS[verdict]]));
        this.#open[row] = names.map((to) => letters.get(to) ?? " ").join("");
        this.matrix.show({ lines: names.map((each) => [each]), open: this.#open }, new Set());
        this.find(".table-scroll").hidden = false;
        found = true;
      });
      if (turn !== this.#turn) return;
      if (!found) {
        this.find(".every").hidden = false;
        return;
      }
    }
    said.textContent = this.#summary(names.length, machines.length);
  }

  /** @param {number} shown @param {number} all */
  #summary(shown, all) {
    const letters = this.#open.join("");
    const count = (letter) => letters.split(letter).length - 1;
    const said = [`A ping of 56 bytes reaches in ${count("+")} of ${shown * (shown - 1)} pairs.`];
    if (count("?")) said.push(`Of ${count("?")} it is not known.`);
    if (all > shown) said.push(`The first ${shown} of ${all} are shown.`);
    return [...said, "A cell asks with a full packet, too."].join(" ");
  }

  /** Play the walk by which the answer was found, from the step where it ended. */
  async #walk() {
    const said = this.find(".stepping");
    said.textContent = "Walking ...";
    await this.#answered("walk", this.#asked, said, async ({ walk, step }) => {
      await this.answerer.player().catch(() => {
        throw new Error("The player could not be loaded.");
      });
      said.textContent = "";
      this.find(".step").hidden = true;
      this.#player = /** @type {PacketWalk} */ (document.createElement("packet-walk"));
      this.#player.toggleAttribute("unlinked", true);
      this.#player.walk = walk;
      this.#player.step = step;
      this.find(".walk").append(this.#player);
      this.#player.scrollIntoView({ block: "start" });
    });
  }
}

/** @param {string[]} end  name and address */
const option = ([value, address]) => make("option", { value }, address);
