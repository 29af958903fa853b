/** The packet of a ruling, stepped through its plugin's tables: in the player that the whole book has. */
import { packedFile } from "../data/files.js";
import { optionsOf } from "../data/options.js";
import { make } from "../tools/dom.js";

/**
 * @import { PacketWalk } from "../player/element.js"
 * @import { Walk } from "../types.js"
 * @import { Question } from "../python/python.js"
 * @typedef {{step: number, place: string, hook: string, line: string}|null} Made  where a ruling was made
 * @typedef {{walk: Walk, made: Made[]}|{why_not: string}} Stepped
 */

const FAILED = "The player could not be loaded.";

export class Stepping {
  /** @type {Question|null} what can be stepped now */
  #offered = null;
  /** @type {Question|null} what was asked for, until it has come */
  #wanted = null;
  #reveal = false;
  /** @type {PacketWalk|null} */
  #player = null;

  /**
   * @param {Element} place @param {string} script  where the player is
   * @param {(question: Question) => void} ask  its answer comes to `show`
   */
  constructor(place, script, ask) {
    this.place = place;
    this.script = script;
    this.ask = ask;
    this.button.addEventListener("click", () => this.#walk(true));
  }

  /** @returns {HTMLButtonElement} */
  get button() {
    return this.place.querySelector(".step");
  }

  /** Whether the reader has the player open. */
  get open() {
    return this.#player !== null;
  }

  /**
   * What can be stepped now; an open player goes on with it, where the manifests are the same.
   * @param {Question|null} question
   */
  offer(question) {
    const [before, now] = [this.#offered, question];
    if (before && now && before.every((each, k) => each === now[k])) return;
    this.#offered = now;
    this.#wanted = null;
    this.#made([]);
    this.say("");
    const goes = this.open && before?.[0] === now?.[0];
    if (!goes) this.#close();
    this.button.hidden = now === null || goes;
    if (goes && now) this.#walk(false);
  }

  /** @param {boolean} reveal  whether it is brought into view */
  #walk(reveal) {
    this.#wanted = this.#offered;
    this.#reveal = reveal;
    this.say("Walking ...");
    this.ask(this.#wanted);
  }

  /** @param {Stepped} found @param {Question} question */
  async show(found, question) {
    if (question !== this.#wanted) return;
    if ("why_not" in found) {
      this.#close();
      this.say(found.why_not);
      return;
    }
    try {
      await import(this.script);
    } catch {
      this.say(FAILED);
      return;
    }
    if (question !== this.#wanted) return;
    this.#wanted = null;
    this.button.hidden = true;
    this.say("");
    this.#made(found.made, found.walk);
    if (!this.#player) {
      this.#player = /** @type {PacketWalk} */ (document.createElement("packet-walk"));
      this.#player.toggleAttribute("unlinked", true);
      this.place.append(this.#player);
    }
    this.#player.walk = found.walk;
    if (this.#reveal) this.#player.scrollIntoView({ block: "start" });
  }

  #close() {
    this.#player?.remove();
    this.#player = null;
    this.button.hidden = this.#offered === null;
  }

  /** Nothing comes any more. @param {string} words */
  give(words) {
    if (!this.#wanted) return;
    this.#wanted = null;
    this.say(words);
  }

  /** @param {string} words */
  say(words) {
    this.place.querySelector(".stepping").textContent = words;
  }

  /** Say below each ruling which line of which table made it. @param {Made[]} made @param {Walk} [walk] */
  #made(made, walk) {
    const rulings = document.querySelectorAll("walk-policy .way > li");
    for (const [k, ruling] of rulings.entries()) {
      ruling.querySelector(".made")?.remove();
      const here = made[k];
      if (!here) continue;
      const button = make("button", { type: "button" }, `step ${here.step + 1}`);
      button.addEventListener("click", () => this.#player?.visit(optionsOf(walk), here.step, true));
      const words = ` in ${here.place}${here.hook ? `, ${here.hook}` : ""}: `;
      ruling.children[1].after(make("p", { class: "made" }, button, words, make("code", {}, here.line)));
    }
  }
}

/** The walks that were computed with the book, of every two pods of every recipe. */
export class Walks {
  /** @param {string} folder  where they are */
  constructor(folder) {
    this.folder = folder;
  }

  /**
   * @param {string} recipe @param {string} plugin @param {string} source @param {string} destination
   * @returns {Promise<Stepped|undefined>}
   */
  async find(recipe, plugin, source, destination) {
    const name = (of) => String(new URL(`walks/${plugin}/${of}.json.gz`, this.folder));
    const found = await packedFile(name(recipe), name("shared")).catch(() => null);
    return found?.[`${source} ${destination}`];
  }
}
