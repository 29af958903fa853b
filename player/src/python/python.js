/** Python as the page sees it: a worker, asked one thing at a time, ended and started again when it hangs. */

/**
 * @import { Dropped } from "./dropped.js"
 * @typedef {(string|number)[]} Question  what the desk's function takes
 * @typedef {{question: Question, by: string, asked: Question, files?: Dropped}} Request
 *   by whom it is answered, what of it, and of which files
 * @typedef {{
 *   progress: (bytes: number, total: number) => void, ready: () => void,
 *   found: (answer: any, asked: Question, by: string) => void, failed: (words: string) => void,
 * }} Told  what the page is told
 */

/** Seconds for the next piece of Python while it loads and starts. */
const STALLED = 60;

export class Python {
  /** @type {Worker|null} */
  #worker = null;
  #ready = false;
  /** @type {Request|null} the newest; one that it overtakes is never asked */
  #next = null;
  /** @type {Request|null} */
  #asked = null;
  #timer = 0;

  /**
   * @param {string} folder @param {Told} told
   * @param {() => number} patience  seconds for an answer
   * @param {string} again  what starts it again once it was ended
   */
  constructor(folder, told, patience, again) {
    this.folder = folder;
    this.told = told;
    this.patience = patience;
    this.again = again;
  }

  get ready() {
    return this.#ready;
  }

  /** Whether a question has no answer yet. */
  get busy() {
    return Boolean(this.#asked || this.#next);
  }

  start() {
    if (this.#worker) return;
    const worker = new Worker(new URL("engine.js", this.folder), { type: "module" });
    worker.onmessage = ({ data }) => this.#worker === worker && this.#hear(data);
    worker.onerror = (event) => {
      event.preventDefault();
      if (this.#worker !== worker) return;
      this.#broken("the worker did not start");
    };
    this.#worker = worker;
    this.#stalls();
  }

  /** @param {string} why */
  #broken(why) {
    this.end();
    this.told.failed(`Python could not be loaded (${why}). The next ${this.again} tries again.`);
  }

  /** Give up where nothing comes any more. */
  #stalls() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#broken(`nothing came for ${STALLED} s`), STALLED * 1000);
  }

  end() {
    this.#worker?.terminate();
    this.#worker = null;
    this.#ready = false;
    this.#asked = null;
    this.#next = null;
    clearTimeout(this.#timer);
  }

  /** @param {Question} question @param {string} by @param {{asked?: Question, files?: Dropped}} [more] */
  ask(question, by, { asked = question, files } = {}) {
    this.#next = { question, by, asked, files };
    this.start();
    this.#send();
  }

  #send() {
    if (!this.#ready || this.#asked || !this.#next) return;
    const request = this.#next;
    this.#next = null;
    this.#asked = request;
    this.#waits();
    const { asked, by, files } = request;
    this.#worker.postMessage({ asked, by, files });
  }

  /** Give up where no answer comes, nor anything that it needs. */
  #waits() {
    clearTimeout(this.#timer);
    const seconds = this.patience();
    this.#timer = setTimeout(() => {
      this.end();
      this.told.failed(
        `Python took longer than ${seconds} s. It was ended, and starts again with your next ${this.again}.`,
      );
    }, seconds * 1000);
  }

  #hear({ loaded, ready, broken, found, failed }) {
    if (loaded) {
      if (this.#asked) this.#waits();
      else this.#stalls();
      this.told.progress(loaded.bytes, loaded.total);
    } else if (broken) this.#broken(broken);
    else if (ready) {
      clearTimeout(this.#timer);
      this.#ready = true;
      this.told.ready();
      this.#send();
    } else if (failed) {
      this.end();
      this.told.failed(`Python failed (${failed}). It starts again with your next ${this.again}.`);
    } else {
      clearTimeout(this.#timer);
      const asked = this.#asked;
      this.#asked = null;
      if (!this.#next) this.told.found(found, asked.question, asked.by);
      this.#send();
    }
  }
}
