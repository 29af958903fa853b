/** `?present` behind a page's address: its walks, one at a time, on the whole screen. */
import { fromHash } from "../data/options.js";
import { nameOnPage } from "../player/name.js";
import css from "../styles/present.css";
import { Big, made } from "./big.js";
import { asked } from "./keys.js";

/** @import { PacketWalk } from "../player/element.js" */

const WAIT_MS = 30;
const COLOURS = ["light", "dark"];
const root = document.documentElement;

class Presenting {
  /** @param {PacketWalk[]} players  those of the page, which stay as they are */
  constructor(players) {
    this.players = players;
    const named = fromHash(location.hash)?.el;
    this.at = Math.max(
      0,
      players.findIndex((each) => nameOnPage(each) === named),
    );
    this.colours = root.dataset.theme;
    this.dialog = /** @type {HTMLDialogElement} */ (made("dialog", "presenting"));
    this.title = made("span", "walk-name");
    const head = made("header", "");
    head.append(this.title, ...this.buttons());
    this.dialog.append(head);
    this.dialog.addEventListener("keydown", (e) => this.key(e), { capture: true });
    this.dialog.addEventListener("cancel", (e) => {
      e.preventDefault();
      this.acts.leave();
    });
  }

  buttons() {
    const offered = { back: ["‹", "Step back"], toggle: ["▶", "Play or pause"], next: ["›", "Step forward"] };
    if (this.players.length > 1) offered.other = ["»", "Next walk of the page"];
    return Object.entries({ ...offered, dark: ["◐", "Dark or light"], leave: ["✕", "Leave"] }).map(
      ([act, [sign, name]]) => {
        const button = made("button", "", sign);
        button.setAttribute("type", "button");
        button.setAttribute("aria-label", name);
        button.title = name;
        button.autofocus = act === "toggle"; // Space is the focused button's
        button.addEventListener("click", () => this.acts[act]());
        return button;
      },
    );
  }

  begin() {
    document.body.append(this.dialog);
    this.dialog.showModal();
    const wanted = new URLSearchParams(location.search).get("present");
    if (COLOURS.includes(wanted)) root.dataset.theme = wanted;
    return this.show();
  }

  /** Show the walk that the page's own player shows now, from the step where it stands. */
  async show() {
    const own = this.players[this.at];
    own.sight.wake();
    while (!own.current && !own.message) await new Promise((done) => setTimeout(done, WAIT_MS));
    if (own !== this.players[this.at] || !this.dialog.isConnected) return;
    this.big?.end();
    own.playback.pause();
    const player = /** @type {PacketWalk} */ (document.createElement("packet-walk"));
    player.setAttribute("unlinked", "");
    player.walk = own.current;
    player.step = own.i;
    const many = this.players.length > 1 ? ` (${this.at + 1} of ${this.players.length})` : "";
    this.title.textContent = `${own.current?.title ?? own.message}${many}`;
    this.dialog.setAttribute("aria-label", `On the whole screen: ${this.title.textContent}`);
    this.big = new Big(player);
    this.dialog.append(this.big.box);
    this.big.begin();
  }

  /** @param {KeyboardEvent} e */
  key(e) {
    const { key, altKey, ctrlKey, metaKey, target } = e;
    const onButton = target instanceof Element && target.closest("button") !== null;
    const act = asked({ key, altKey, ctrlKey, metaKey, onButton });
    if (!act) return;
    e.preventDefault();
    e.stopPropagation();
    this.acts[act]();
  }

  get playback() {
    return this.big?.player.line ? this.big.player.playback : null;
  }

  go(i) {
    this.playback?.go(i);
  }

  /** @param {number} by */
  turn(by) {
    this.at = (this.at + by + this.players.length) % this.players.length;
    this.show();
  }

  acts = {
    toggle: () => this.playback?.toggle(),
    next: () => this.go((this.big?.player.i ?? 0) + 1),
    back: () => this.go((this.big?.player.i ?? 0) - 1),
    first: () => this.go(0),
    last: () => this.go(this.playback?.end ?? 0),
    other: () => this.turn(1),
    before: () => this.turn(-1),
    dark: () => {
      root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    },
    full: () => {
      const change = document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen();
      change.catch(() => {}); // a browser may refuse
    },
    leave: () => this.leave(),
  };

  /** The page is as it was; its player stands where the room has got to. */
  leave() {
    const own = this.players[this.at];
    if (this.big && own.line) own.playback.go(this.big.player.i, false);
    this.big?.end();
    this.dialog.remove();
    root.dataset.theme = this.colours;
    const address = new URL(location.href);
    address.searchParams.delete("present");
    history.replaceState(null, "", address);
    own.scrollIntoView({ block: "nearest" });
  }
}

const sheet = new CSSStyleSheet();
sheet.replaceSync(css);
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
await customElements.whenDefined("packet-walk");
const players = /** @type {PacketWalk[]} */ ([...document.querySelectorAll("packet-walk")]);
if (players.length) await new Presenting(players).begin();
