/** The manifests: text to read until somebody edits, then an editor, which is fetched for that. */

/** @import { Wrong } from "./words.js" */

export class Paper {
  /** @type {ReturnType<typeof import("./editor.js").edit>|null} */
  #editor = null;
  #opening = false;
  /** @type {Wrong["wrong"]|null} */
  #wrong = null;
  text = "";

  /**
   * @param {HTMLElement} place  where a `pre` holds the text @param {string} folder  where the editor is
   * @param {() => void} changed  told of what somebody typed
   */
  constructor(place, folder, changed) {
    this.place = place;
    this.folder = folder;
    this.changed = changed;
  }

  get edited() {
    return this.#editor !== null;
  }

  get #pre() {
    return this.place.querySelector("pre");
  }

  /** @param {string} text */
  write(text) {
    this.text = text;
    if (this.#editor) this.#editor.set(text);
    else this.#pre.textContent = text;
  }

  /** Let it be edited; rejects where the editor cannot be loaded. @param {boolean} focus */
  async edit(focus) {
    if (this.#opening) return;
    if (!this.#editor) {
      this.#opening = true;
      try {
        const { edit } = await import(new URL("editor.js", this.folder).href);
        this.place.replaceChildren();
        this.#editor = edit(this.place, this.text, "Manifests, YAML", (text) => {
          this.text = text;
          this.changed();
        });
      } finally {
        this.#opening = false;
      }
      this.#editor.mark(this.#wrong);
    }
    if (focus) this.#editor.focus();
  }

  /** @param {Wrong["wrong"]|null} wrong */
  mark(wrong) {
    if (wrong === this.#wrong) return;
    this.#wrong = wrong;
    this.#editor?.mark(wrong);
  }

  /** @param {number} line */
  go(line) {
    if (this.#editor) this.#editor.go(line);
    else this.#select(line);
  }

  /** Select a line of what is only read. @param {number} line */
  #select(line) {
    const [pre, lines] = [this.#pre, this.text.split("\n")];
    const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
    const range = new Range();
    range.setStart(pre.firstChild, start);
    range.setEnd(pre.firstChild, start + lines[line - 1].length);
    const below = range.getBoundingClientRect().top - pre.getBoundingClientRect().top;
    pre.scrollTop += below - pre.clientHeight / 2;
    pre.focus();
    getSelection().setBaseAndExtent(
      range.startContainer,
      range.startOffset,
      range.endContainer,
      range.endOffset,
    );
  }
}
