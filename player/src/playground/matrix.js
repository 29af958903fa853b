/** A table of who reaches whom: a button for each pair, arrow keys from one to the next. */
import { make } from "../tools/dom.js";
import { named } from "./words.js";

/**
 * @typedef {{td: HTMLElement, button: HTMLButtonElement|null}} Cell  a pod's own place has no button
 * @typedef {{look: string, sign: string, words: string}} Said  a verdict, by its letter: `look` is a class
 */

/** @type {Record<string, Said>} */
const RULED = {
  1: { look: "allowed", sign: "✓", words: "allowed" },
  0: { look: "denied", sign: "✕", words: "denied" },
};

/** Lines that a table shows; of more, the first. */
export const WIDEST = 60;
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export class Matrix {
  /** @type {Cell[][]} by row and column */
  #cells = [];
  /** @type {string[]} what tells each line from the others */
  #names = [];

  /**
   * @param {HTMLTableElement} table @param {(row: number, column: number) => void} chosen
   * @param {Record<string, Said>} said
   */
  constructor(table, chosen, said = RULED) {
    this.table = table;
    this.said = said;
    table.addEventListener("click", (event) => {
      const place = this.#placeOf(event.target);
      if (place) chosen(...place);
    });
    table.addEventListener("keydown", (event) => this.#move(event));
  }

  /**
   * @param {{lines: string[][], open: string[]}} found  a letter for each column of a row
   * @param {Set<string>} news  cells that have changed, as `row column`
   */
  show(found, news) {
    const lines = found.lines.slice(0, WIDEST);
    this.#arrange(lines);
    for (const [row, cells] of this.#cells.entries())
      for (const [column, { button }] of cells.entries())
        if (button) fill(button, this.said[found.open[row][column]], news.has(`${row} ${column}`));
  }

  /** Mark the pair that is told of. @param {number} row @param {number} column */
  choose(row, column) {
    for (const each of this.table.querySelectorAll("[aria-pressed=true]")) each.ariaPressed = "false";
    const button = this.#cells[row]?.[column]?.button;
    if (!button) return;
    button.ariaPressed = "true";
    this.#reachable(button);
  }

  /**
   * Let the table have these lines: those that it has stay where they are, for to lay out thousands of new
   * cells takes longer than to judge.
   * @param {string[][]} lines
   */
  #arrange(lines) {
    const names = lines.map((each) => each.join());
    const [before, now] = [new Set(this.#names), new Set(names)];
    const stay = names.filter((name) => before.has(name));
    const stayed = this.#names.filter((name) => now.has(name));
    if (names.join("\n") === this.#names.join("\n")) return;
    if (stay.some((name, k) => name !== stayed[k])) this.#drop(() => true);
    this.#drop((name) => !now.has(name));
    const [head, body] = [this.table.tHead.rows[0] ?? this.#head(), this.table.tBodies[0]];
    for (const [k, line] of lines.entries()) {
      if (this.#names[k] === names[k]) continue;
      head.insertBefore(make("th", { scope: "col" }, make("span", {}, ...label(line))), head.cells[k + 1]);
      for (const [row, cells] of this.#cells.entries()) {
        const other = lines[names.indexOf(this.#names[row])];
        const made = cell(other, line);
        body.rows[row].insertBefore(made.td, cells[k]?.td ?? null);
        cells.splice(k, 0, made);
      }
      this.#names.splice(k, 0, names[k]);
      const columns = this.#names.map((name) => lines[names.indexOf(name)]);
      const cells = columns.map((to) => cell(line, to));
      const th = make("th", { scope: "row", title: line.join("\n") }, ...label(line));
      body.insertBefore(make("tr", {}, th, ...cells.map(({ td }) => td)), body.rows[k] ?? null);
      this.#cells.splice(k, 0, cells);
    }
    const first = this.#cells.flat().find(({ button }) => button);
    if (first && !this.table.querySelector("[tabindex='0']")) this.#reachable(first.button);
  }

  #head() {
    const row = make("tr", {}, make("td", {}, "from ↓ to →"));
    this.table.tHead.replaceChildren(row);
    return /** @type {HTMLTableRowElement} */ (row);
  }

  /** @param {(name: string) => boolean} gone  whether a line is taken away */
  #drop(gone) {
    const [head, body] = [this.table.tHead.rows[0], this.table.tBodies[0]];
    if (!this.#names.length) {
      this.#head();
      body.replaceChildren();
    }
    for (let k = this.#names.length - 1; k >= 0; k--) {
      if (!gone(this.#names[k])) continue;
      head.cells[k + 1].remove();
      body.rows[k].remove();
      this.#names.splice(k, 1);
      this.#cells.splice(k, 1);
      for (const cells of this.#cells) cells.splice(k, 1)[0].td.remove();
    }
  }

  /** @param {any} target @returns {[number, number]|null} */
  #placeOf(target) {
    const td = target.closest("td");
    return td?.querySelector("button") ? [td.parentElement.sectionRowIndex, td.cellIndex - 1] : null;
  }

  /** One of the buttons is reached by Tab, the others from it. @param {HTMLButtonElement} button */
  #reachable(button) {
    const reached = /** @type {NodeListOf<HTMLElement>} */ (this.table.querySelectorAll("[tabindex='0']"));
    for (const each of reached) each.tabIndex = -1;
    button.tabIndex = 0;
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const step = STEPS[event.key];
    const place = step && this.#placeOf(event.target);
    if (!place) return;
    event.preventDefault();
    let [row, column] = place;
    do {
      row += step[0];
      column += step[1];
    } while (this.#cells[row]?.[column]?.button === null);
    const button = this.#cells[row]?.[column]?.button;
    if (!button) return;
    this.#reachable(button);
    button.focus();
  }
}

/** @param {string[]} names  the namespace stands back */
function label(names) {
  const place = names[0].lastIndexOf("/") + 1;
  const namespace = place ? [make("i", {}, names[0].slice(0, place)), make("wbr")] : [];
  const more = names.length > 1 ? [` +${names.length - 1}`] : [];
  return [...namespace, names[0].slice(place), ...more];
}

/** @param {string[]} from @param {string[]} to @returns {Cell} */
function cell(from, to) {
  const none = from === to && from.length === 1;
  const words = `${named(from)} to ${named(to)}`;
  const button = none ? null : make("button", { type: "button", tabindex: "-1", "data-pair": words });
  return { td: make("td", {}, button ?? ""), button: /** @type {HTMLButtonElement} */ (button) };
}

/** @param {HTMLButtonElement} button @param {Said} said @param {boolean} news */
function fill(button, { look, sign, words }, news) {
  if (button.className !== look) {
    button.className = look;
    button.textContent = sign;
    button.ariaLabel = `${button.dataset.pair}: ${words}`;
  }
  button.toggleAttribute("data-new", news);
}
