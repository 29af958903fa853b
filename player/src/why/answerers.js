/** Who answers: Python in this page, or the kernel of a notebook. One question at a time, in their order. */
import { asking } from "../data/asking.js";
import { Python } from "../python/python.js";

/**
 * @import { Named } from "./gather.js"
 * @typedef {{
 *   ask: (what: string, asked: any[]) => Promise<any>, player: () => Promise<unknown>, end: () => void,
 * }} Answerer  `player` makes sure that <packet-walk> is there
 */

/** Thrown where other files came before the answer. */
export class Overtaken extends Error {}

/** @implements {Answerer} */
export class InPage {
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();
  /** @type {{resolve: (found: any) => void, reject: (error: Error) => void}|null} */
  #waiting = null;
  /** @type {import("../python/dropped.js").Dropped} */
  #dropped = { serial: 0, files: [] };

  /**
   * @param {string} folder @param {string} player  where Python and the player's script are
   * @param {Pick<import("../python/python.js").Told, "progress"|"ready">} told
   * @param {() => number} patience  seconds for an answer
   */
  constructor(folder, player, told, patience) {
    this.script = player;
    const give = (words) => this.#settle((waiting) => waiting.reject(new Error(words)));
    const found = (answer) => this.#settle((waiting) => waiting.resolve(answer));
    this.python = new Python(folder, { ...told, found, failed: give }, patience, "question");
  }

  get ready() {
    return this.python.ready;
  }

  /**
   * Let all questions from now on be about other files; what was asked about the ones before ends.
   * @param {Named[]} files
   */
  give(files) {
    if (this.python.busy) this.python.end();
    this.#settle((waiting) => waiting.reject(new Overtaken()));
    this.#last = Promise.resolve();
    this.#dropped = { serial: this.#dropped.serial + 1, files };
  }

  /** @param {string} what @param {any[]} asked */
  ask(what, asked) {
    const { serial } = this.#dropped;
    const answer = this.#last.then(() => {
      if (serial !== this.#dropped.serial) throw new Overtaken();
      return new Promise((resolve, reject) => {
        this.#waiting = { resolve, reject };
        this.python.ask([what, JSON.stringify(asked)], "why", { files: this.#dropped });
      });
    });
    this.#last = answer.catch(() => {});
    return answer;
  }

  player() {
    return import(this.script);
  }

  end() {
    this.python.end();
  }

  /** @param {(waiting: {resolve: (found: any) => void, reject: (error: Error) => void}) => void} act */
  #settle(act) {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting) act(waiting);
  }
}

/** @implements {Answerer} */
export class InKernel {
  /** @param {any} model  of the widget */
  constructor(model) {
    this.questions = asking(model);
  }

  /** @param {string} what @param {any[]} asked */
  ask(what, asked) {
    return this.questions("why", { what, asked });
  }

  async player() {
    if (customElements.get("packet-walk")) return;
    const script = new Blob([await this.questions("player")], { type: "text/javascript" });
    const url = URL.createObjectURL(script);
    await import(url).finally(() => URL.revokeObjectURL(url));
  }

  end() {}
}
