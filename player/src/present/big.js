/** A walk for a whole room: the diagram as large as it goes, below it a step in words and what decided. */
import { layout } from "../layout/layout.js";
import { titleOf } from "../model/words.js";
import onlyPicture from "../styles/present-picture.css";
import { fit, letters } from "./fit.js";

/** @import { PacketWalk } from "../player/element.js" */

/** What the player keeps free beside its diagram: `inner` of player/element.js. */
const FRAME = 26;
const LEAST = 13;
/** Letters grow with the screen: of its lesser side so much. */
const SHARE = 1 / 27;

const sheet = new CSSStyleSheet();
sheet.replaceSync(onlyPicture);

/** A box with a player that shows its diagram only, and the words of its step. */
export class Big {
  /** @param {PacketWalk} player  shows the walk, and is nowhere else */
  constructor(player) {
    this.player = player;
    this.frame = made("div", "frame");
    this.scaled = this.frame.appendChild(made("div", "scaled"));
    this.words = made("div", "step-words");
    this.box = made("div", "big-walk");
    this.box.append(this.frame, this.words);
    player.addController(this);
    this.room = new ResizeObserver(() => this.size());
  }

  /** Show it; the box has its place by now. */
  begin() {
    this.scaled.append(this.player);
    const root = /** @type {ShadowRoot} */ (this.player.renderRoot);
    if (!root.adoptedStyleSheets.includes(sheet))
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    this.room.observe(this.box);
    this.player.sight.wake();
  }

  end() {
    this.room.disconnect();
    this.player.removeController(this);
    this.box.remove();
  }

  /** The player has drawn: another walk, another step. */
  hostUpdated() {
    const { current, line, i } = this.player;
    if (!current || !line) return;
    if (this.sized !== current) this.size();
    const { step } = line.moments[i];
    if (this.said === step && this.saidIn === current) return;
    this.said = step;
    this.saidIn = current;
    this.words.replaceChildren(
      made("p", "place", `${i + 1}/${line.moments.length} · ${placeOf(step)}`),
      made("h2", "", titleOf(step)),
      made("p", "why", step.why ?? ""),
      ...(step.entry ? [made("code", "", step.entry.line)] : []),
      ...(step.entry?.by ? [made("p", "by", `written by ${step.entry.by}`)] : []),
    );
    this.write();
  }

  /** As large as the box allows. */
  size() {
    const { current, line } = this.player;
    const { clientWidth: width, clientHeight: height } = this.frame;
    if (!current || !width || !height) return;
    this.sized = current;
    const found = fit((w) => layout(current, line, w - FRAME).height, width, height);
    const { style } = this.scaled;
    style.width = `${found.width}px`;
    style.height = `${found.height}px`;
    style.transform = `scale(${found.scale.toFixed(3)})`;
    this.write();
  }

  /** The words as large as their place allows. */
  write() {
    const { words } = this;
    const most = Math.round(Math.min(innerWidth, innerHeight) * SHARE);
    const fits = (size) => {
      words.style.fontSize = `${size}px`;
      return words.scrollHeight <= words.clientHeight;
    };
    words.style.fontSize = `${letters(fits, LEAST, Math.max(LEAST, most))}px`;
  }
}

const placeOf = ({ netns, dev }) => (dev ? `${netns}, ${dev}` : netns);

/** @returns {HTMLElement} */
export function made(name, kind, text = "") {
  const el = document.createElement(name);
  if (kind) el.className = kind;
  el.textContent = text;
  return el;
}
