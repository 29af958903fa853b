/** Which walk is shown: the page's, the address's, what a choice changes, what a notebook hands in. */
import { fromHash, optionsFromAttributes, optionsOf } from "../data/options.js";
import { parsePage, Store, WalkError } from "../data/store.js";
import { problem } from "../data/validate.js";
import { settle } from "../panels/choices.js";
import { nameOnPage } from "./name.js";
/** @import { Options } from "../data/options.js" */
/** @import { PacketWalk } from "./element.js" */

export class Opening {
  /** @param {PacketWalk} player */
  constructor(player) {
    this.player = player;
    /** @type {Store|null} */
    this.store = null;
    this.onHash = () => this.followHash();
    /** The same link again changes no address. @param {Event} e */
    this.onClick = ({ target }) => {
      const link = target instanceof Element && /** @type {HTMLAnchorElement|null} */ (target.closest("a"));
      if (link && link.hash === location.hash) this.followHash();
    };
    player.addController(this);
  }

  hostConnected() {
    addEventListener("hashchange", this.onHash);
    document.addEventListener("click", this.onClick);
    if (fromHash(location.hash)?.el === nameOnPage(this.player)) this.player.sight.wake();
  }

  hostDisconnected() {
    removeEventListener("hashchange", this.onHash);
    document.removeEventListener("click", this.onClick);
  }

  /** Read what the page carries and open the first walk. */
  begin() {
    const { player } = this;
    const asked = optionsFromAttributes(player);
    const wanted = this.wantedByHash();
    try {
      this.store = new Store({
        page: player.walk ?? pageOf(player),
        dataRoot: player.getAttribute("data-root"),
        source: player.source,
      });
      player.comparison.set((wanted ?? asked).beside);
      const options = wanted?.options ?? this.first(asked.options);
      this.load(options, wanted ? wanted.step : (player.step ?? asked.step), Boolean(wanted));
    } catch (error) {
      this.fail(error);
    }
  }

  /** The choices to begin with: those of the page's own walk where the attributes name none. */
  first(asked) {
    const { first } = this.store;
    const unnamed = !asked.plugin || !asked.scenario;
    return first && unnamed && !this.store.inPage(asked) ? optionsOf(first) : asked;
  }

  wantedByHash() {
    const wanted = fromHash(location.hash);
    return wanted && (wanted.el === null || wanted.el === nameOnPage(this.player)) ? wanted : null;
  }

  followHash() {
    const wanted = fromHash(location.hash);
    if (wanted?.el !== nameOnPage(this.player)) return;
    this.player.setAttribute("header", wanted.header);
    if (!this.player.seen) return this.player.sight.wake();
    this.player.unveil();
    this.player.comparison.set(wanted.beside);
    this.load(wanted.options, wanted.step, true);
  }

  /** Another walk from a live notebook. */
  handedIn() {
    const { walk } = this.player;
    if (!walk || !this.store || this.store.page === walk || this.store.only === walk) return;
    const wrong = problem(walk.walks ? Object.values(walk.walks)[0] : walk);
    if (wrong) this.fail(new WalkError(`This walk cannot be played: ${wrong}.`));
    else this.begin();
  }

  /** @param {Partial<Options>} change */
  choose(change) {
    const { source, options } = this.player;
    this.load(settle(this.store.catalogue, options, change, Boolean(source)), 0);
  }

  /**
   * Show a walk, at once if it is at hand. When another is asked for before it has come, it is not shown.
   * @param {Options} options @param {number|null} step counted from 0
   */
  load(options, step, reveal = false) {
    const { player } = this;
    const token = Symbol("request");
    this.asked = token;
    const stillAsked = (act) => (given) => {
      if (this.asked === token) act(given);
    };
    const arrive = stillAsked((walk) => {
      player.show(walk, step);
      if (reveal) player.updateComplete.then(() => player.sight.follow(true));
    });
    const here = this.store.now(options);
    if (here) return arrive(here);
    player.busy = true;
    const fail = stillAsked((error) => this.fail(error));
    const rest = stillAsked(() => {
      player.busy = false;
    });
    this.store.walk(options).then(arrive).catch(fail).finally(rest);
  }

  fail(error) {
    const { player } = this;
    player.busy = false;
    const what = error?.message ?? error;
    player.message = error instanceof WalkError ? what : `This walk cannot be shown: ${what}.`;
    if (!player.current) player.playback.pause();
  }
}

/** What the page carries inside the element, or null. @param {Element} player */
function pageOf(player) {
  const text = player.querySelector("script.walk")?.textContent;
  return text ? parsePage(text, document.querySelector("script.walks")?.textContent) : null;
}
