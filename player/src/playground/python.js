/** Python as the page sees it: a worker, asked one thing at a time, ended and started again when it hangs. */

/**
 * @typedef {(string|number)[]} Question  text, plugin, protocol, port, source, destination, mode, rules
 * @typedef {{
 *   progress: (bytes: number, total: number) => void, ready: () => void,
 *   found: (answer: any, asked: Question) => void, walked: (answer: any, asked: Question) => void,
 *   failed: (words: string) => void,
 * }} Told  what the page is told
 */

/** Seconds for an answer, and for the next piece of Python while it loads and starts. */
const PATIENCE = 10;
const STALLED = 60;
/** What is judged of a question: not how its packet walks. */
const JUDGED = 6;

/** @typedef {{question: Question, walk: boolean}} Request  for an answer, or for the walk of its packet */

export class Python {
  /** @type {Worker|null} */
  #worker = null;
  #ready = false;
  /** @type {Request|null} the newest; one that it overtakes is never asked */
  #next = null;
  /** @type {Request|null} */
  #asked = null;
  #timer = 0;

  /** @param {string} folder @param {Told} told @param {() => number} patience  seconds for an answer */
  constructor(folder, told, patience = () => PATIENCE) {
    this.folder = folder;
    this.told = told;
    this.patience = patience;
  }

  get ready() {
    return this.#ready;
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
    this.told.failed(`Python could not be loaded (${why}). The next edit tries again.`);
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

  /** @param {Question} question @param {boolean} [walk]  whether the walk of its packet is asked for */
  ask(question, walk = false) {
    this.#next = { question, walk };
    this.start();
    this.#send();
  }

  #send() {
    if (!this.#ready || this.#asked || !this.#next) return;
    const asked = this.#next;
    this.#next = null;
    this.#asked = asked;
    const seconds = this.patience();
    this.#timer = setTimeout(() => {
      this.end();
      this.told.failed(
        `Python took longer than ${seconds} s. It was ended, and starts again with your next edit.`,
      );
    }, seconds * 1000);
    const { question, walk } = asked;
    this.#worker.postMessage({ asked: walk ? question : question.slice(0, JUDGED), walk });
  }

  #hear({ loaded, ready, broken, found, failed }) {
    if (loaded) {
      this.#stalls();
      this.told.progress(loaded.bytes, loaded.total);
    } else if (broken) this.#broken(broken);
    else if (ready) {
      clearTimeout(this.#timer);
      this.#ready = true;
      this.told.ready();
      this.#send();
    } else if (failed) {
      this.end();
      this.told.failed(`Python failed (${failed}). It starts again with your next edit.`);
    } else {
      clearTimeout(this.#timer);
      const asked = this.#asked;
      this.#asked = null;
      if (!this.#next) this.told[asked.walk ? "walked" : "found"](found, asked.question);
      this.#send();
    }
  }
}
