/** What a page with Python is doing, and what else it has to say. */

const AT_ONCE = 150; // ms: what is answered sooner needs no words

export class State {
  #waiting = 0;

  /** @param {(selector: string) => any} find */
  constructor(find) {
    this.find = find;
  }

  /** @param {string} words */
  say(words) {
    this.find(".said").textContent = words;
  }

  /** @param {string} words  what the reader waits for; empty: for nothing @param {boolean} [bar] */
  busy(words, bar = words !== "") {
    clearTimeout(this.#waiting);
    const place = this.find(".state");
    if (place.textContent !== words) place.textContent = words;
    this.find("progress").hidden = !bar;
  }

  /** Say what Python does, where it has taken a moment. @param {string} words */
  soon(words) {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.busy(words, false), AT_ONCE);
  }

  /** @param {number} bytes @param {number} total */
  progress(bytes, total) {
    if (total) Object.assign(this.find("progress"), { max: total, value: bytes });
  }
}
