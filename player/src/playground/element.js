/** <walk-policy>: manifests, who may talk to whom under them, and why; Python answers, here as everywhere. */

import { Python } from "../python/python.js";
import { State } from "../python/state.js";
import { dataOf, make } from "../tools/dom.js";
import { Address } from "./address.js";
import { Examples } from "./examples.js";
import { FIELDS, Fields, HOW } from "./fields.js";
import { LARGEST } from "./link.js";
import { Matrix, WIDEST } from "./matrix.js";
import { Paper } from "./paper.js";
import { Stepping, Walks } from "./stepping.js";
import { tell, tellWrong } from "./walkthrough.js";
import { changed, count, ends, pair, portOf, summary } from "./words.js";

/**
 * @import { Asked } from "./link.js"
 * @import { Question } from "../python/python.js"
 * @import { Judged, Told, Wrong } from "./words.js"
 * @typedef {{
 *   name: string, title: string, shows: string, text: string, protocol: string, port: number, source: string,
 *   destination: string, judged: Record<string, Judged>, told: Record<string, Told>,
 * }} Recipe  judged and told by plugin
 */

const STALE = "Something is wrong in the text. The table is that of the last one without a mistake.";
const UNANSWERED = "This is not judged. The table is still that of what was asked before.";
/** What is judged of a question: not how its packet walks. */
const JUDGED = 6;
const NO_PYTHON = "This was not computed with the book, and this copy has no Python to do it now.";

export class WalkPolicy extends HTMLElement {
  connectedCallback() {
    const { recipes, shop, plugins } = dataOf(this);
    /** @type {Recipe[]} */
    this.recipes = recipes.map((each) => ({ ...each, text: `${each.text}---\n${shop}` }));
    this.examples = new Examples(this.folder);
    /** @type {Asked|null} what somebody typed before choosing a recipe again */
    this.mine = null;
    /** @type {Question|null} what no answer has come to yet */
    this.question = null;
    /** @type {Question|null} what the table shows */
    this.answered = null;
    this.state = new State((selector) => this.find(selector));
    this.form = this.querySelector("form");
    this.fields = new Fields(this.form, plugins);
    this.matrix = new Matrix(this.querySelector("table"), (row, column) => this.choose(row, column));
    this.paper = new Paper(this.find(".place"), this.folder, () => this.typed());
    this.python = new Python(
      this.folder,
      {
        progress: (bytes, total) => this.state.progress(bytes, total),
        ready: () => {
          this.state.busy("");
          if (this.question) this.state.soon("Judging ...");
        },
        found: (answer, question, by) => {
          if (by === "walk") this.stepping.show(answer, question);
          else this.heard(answer, question);
        },
        failed: (words) => this.failed(words),
      },
      () => Number(this.getAttribute("patience")) || 10,
      "edit",
    );
    this.walks = new Walks(this.folder);
    const script = String(new URL(this.dataset.player ?? "", location.href));
    this.stepping = new Stepping(this.find(".walk"), script, (question) => this.walk(question));
    this.address = new Address(this);
    this.listen();
    this.load(this.recipes.find(({ name }) => name === this.form.recipe.value) ?? this.recipes[0]);
    this.address.follow();
  }

  disconnectedCallback() {
    removeEventListener("hashchange", this.address.follow);
    this.python.end();
  }

  /** Where the editor, the examples and, if this copy of the book has it, Python are. */
  get folder() {
    return String(new URL(this.dataset.folder ?? ".", location.href));
  }

  listen() {
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.addEventListener("change", ({ target }) => this.change(/** @type {any} */ (target)));
    this.find(".edit").addEventListener("click", () => this.edit());
    this.find(".text pre").addEventListener(
      "click",
      () => this.hasPython && getSelection().isCollapsed && this.edit(),
    );
    this.find(".share").addEventListener("click", () => this.address.share());
    addEventListener("hashchange", this.address.follow);
    if (this.hasPython) return;
    this.find(".edit").hidden = true;
    this.find(".no-python").hidden = false;
    for (const name of ["protocol", "port", "mode", "rules"]) this.form[name].disabled = true;
  }

  get hasPython() {
    return this.dataset.python !== undefined;
  }

  /** @param {string} selector @returns {any} */
  find(selector) {
    return this.querySelector(selector);
  }

  /** What the form asks, of the text as it is now. @returns {Asked} */
  get asked() {
    return /** @type {any} */ ({ ...this.fields.values, text: this.paper.text });
  }

  /** Who enforces; and the mode and the form of its rules where not the usual. @returns {string[]} */
  get how() {
    const [plugin, mode, rules] = HOW.map((name) => this.fields.values[name]);
    return this.fields.usual(plugin, mode, rules) ? [plugin] : [plugin, mode, rules];
  }

  /** @param {Recipe} recipe @param {{plugin: string, mode?: string, rules?: string}} [how] */
  load(recipe, how = this.fields.values) {
    this.keep();
    this.recipe = recipe;
    this.form.recipe.value = recipe.name;
    this.find(".shows").textContent = recipe.shows;
    this.fields.set({ ...how, ...recipe });
    this.paper.write(recipe.text);
    this.ask();
  }

  /** What somebody typed is not lost by what is shown next. */
  keep() {
    if (this.recipe === null) this.mine = this.asked;
  }

  /** Whether a recipe's link would not show this, whoever enforces it. */
  get altered() {
    const { recipe, asked } = this;
    const other = (name) => !HOW.includes(name) && String(recipe[name]) !== String(asked[name]);
    return !recipe || FIELDS.some(other);
  }

  /** Show a text of somebody's own. @param {Asked} asked */
  open(asked) {
    this.keep();
    this.fields.set(asked);
    this.own();
    this.paper.write(asked.text);
    this.ask();
  }

  /** The text is the reader's own from now on. */
  own() {
    this.recipe = null;
    this.form.recipe.value = "";
    this.find(".shows").textContent = "";
  }

  /** @param {HTMLInputElement|HTMLSelectElement} field */
  change(field) {
    const chosen = this.recipes.find(({ name }) => name === field.value);
    if (field.name === "recipe") {
      if (chosen) this.load(chosen);
      else if (this.mine) this.open(this.mine);
      else this.form.recipe.value = this.recipe?.name ?? "";
      this.address.tell();
      return;
    }
    if (field.name === "plugin") this.fields.offer();
    if (field.name === "destination" && !this.fields.divide()) {
      const port = this.last && portOf(this.last, field.value.trim());
      if (port) this.fields.set({ protocol: port[0], port: port[1] });
    }
    if (!this.fields.good()) return;
    this.address.tell();
    this.ask();
  }

  /** @param {number} row @param {number} column */
  choose(row, column) {
    const { lines } = this.last;
    const [source, destination] = pair(lines[row], lines[column]);
    this.fields.set({ source, destination });
    this.address.tell();
    this.ask();
  }

  /** Fetch what editing needs, and let the reader edit. @param {boolean} [focus] */
  async edit(focus = true) {
    this.python.start();
    if (!this.python.ready) this.state.busy("The editor and Python are loading.");
    try {
      await this.paper.edit(focus);
      this.find(".edit").hidden = true;
      if (this.python.ready) this.state.busy("");
    } catch {
      this.failed("The editor could not be loaded.");
    }
  }

  /** Somebody has typed. */
  typed() {
    if (this.paper.text === this.recipe?.text) return;
    this.own();
    this.address.tell();
    this.ask();
  }

  /** Answer what the form asks: from what was computed with the page where that is it, else by Python. */
  async ask() {
    const { text, plugin, protocol, port, source, destination, mode, rules } = this.asked;
    const { recipe } = this;
    /** @type {Question} */
    const question = [text, plugin, protocol, port, source, destination, mode, rules];
    this.question = question;
    this.state.say("");
    if (text.length > LARGEST) {
      await null; // the editor shows a text after it has told of it
      const said = `${count(text.length)} characters; at most ${count(LARGEST)} are read.`;
      this.mistaken({ line: null, said }, question);
      return;
    }
    if (this.computed(question)) {
      const own = source === recipe.source && destination === recipe.destination;
      const both = source && destination;
      const why = own
        ? recipe.told[plugin]
        : both && (await this.examples.find(recipe.name, plugin, source, destination));
      if (question !== this.question) return;
      if (why || !both || !this.python.ready) this.found(recipe.judged[plugin], why || null, question);
      if (why || !both) return;
    }
    if (this.hasPython) this.put(question);
    else this.failed(NO_PYTHON);
  }

  /** Whether a recipe's answers were computed with the book for what is asked. @param {Question} question */
  computed([, , protocol, port]) {
    const { recipe } = this;
    return recipe?.protocol === protocol && (recipe.port === port || protocol === "ICMP");
  }

  /**
   * Find the walk of a packet: where it was computed with the book, else by Python.
   * @param {Question} question
   */
  async walk(question) {
    const [, plugin, , , source, destination, mode, rules] = question.map(String);
    const known = this.computed(question) && this.fields.usual(plugin, mode, rules);
    const found = known && (await this.walks.find(this.recipe.name, plugin, source, destination));
    if (found) this.stepping.show(found, question);
    else if (this.hasPython) {
      if (!this.python.ready) this.state.busy("Python is loading.");
      this.python.ask(question, "walk");
    } else this.stepping.give(NO_PYTHON);
  }

  /** Ask Python. @param {Question} question */
  put(question) {
    this.question = question;
    if (this.python.ready) this.state.soon("Judging ...");
    else this.state.busy("Python is loading.");
    this.python.ask(question, "policy", { asked: question.slice(0, JUDGED) });
  }

  /**
   * Python has answered.
   * @param {{matrix: Judged|Wrong, why?: Told|Wrong}} answer @param {Question} question
   */
  heard({ matrix, why }, question) {
    if (question !== this.question) return;
    if (!("wrong" in matrix)) this.found(matrix, why ?? null, question);
    else if (question[0] === this.paper.text) this.mistaken(matrix.wrong, question);
    else this.outdated(STALE);
  }

  /**
   * @param {Judged} judged @param {Told|Wrong|null} why
   * @param {Question} question  of this text, or the one before
   */
  found(judged, why, question) {
    const [text, , protocol, port, source, destination] = question;
    const now = text === this.paper.text;
    if (now) this.mark(null);
    const news = changed(this.last ?? null, judged);
    this.last = judged;
    this.answered = question;
    this.matrix.show(judged, news);
    const line = (pod) => judged.lines.findIndex((names) => names.includes(pod));
    this.matrix.choose(line(String(source)), line(String(destination)));
    this.find(".notes").replaceChildren(...judged.notes.map((note) => make("li", {}, note)));
    this.fields.suggest(ends(judged));
    tell(this.find(".verdict"), this.find(".way"), why, (number) => this.paper.go(number));
    if (!now) this.outdated(STALE);
    else {
      this.stepping.offer(why && !("wrong" in why) ? question : null);
      const more =
        judged.lines.length > WIDEST ? ` The first ${WIDEST} of ${judged.lines.length} rows are shown.` : "";
      this.find(".told").textContent = summary(judged, String(protocol), Number(port), news) + more;
      this.settled(false);
    }
  }

  /** What is asked now has no answer of its own: say what the table is of. @param {string} words */
  outdated(words) {
    this.stepping.offer(null);
    const [, plugin, protocol, port] = this.answered;
    const head = summary(this.last, String(protocol), Number(port), new Set());
    this.find(".told").textContent = `${words} Enforced by ${plugin}, ${head}`;
    this.settled(true);
  }

  /** @param {boolean} stale  whether what is shown is of another text or question */
  settled(stale) {
    this.question = null;
    this.state.busy("");
    this.toggleAttribute("stale", stale);
  }

  /** The text is wrong: what was asked is asked of the last one that was not. */
  mistaken(wrong, question) {
    this.mark(wrong);
    this.outdated(STALE);
    const again = [this.answered[0], ...question.slice(1)];
    if (again[0] !== question[0] && again.some((each, k) => each !== this.answered[k])) this.put(again);
  }

  /** Say what is wrong in the text, at its line. @param {Wrong["wrong"]|null} wrong */
  mark(wrong) {
    this.paper.mark(wrong);
    tellWrong(this.find(".wrong"), wrong, (line) => this.paper.go(line));
  }

  /** @param {string} words */
  failed(words) {
    this.stepping.give(words);
    if (this.question?.[0] === this.paper.text) this.mark(null); // what was wrong in another text
    if (this.question) this.outdated(UNANSWERED);
    else this.state.busy("");
    this.state.say(words);
  }
}
