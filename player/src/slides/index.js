/** A deck of slides made from pages of the book: its walks are live, one key goes on to the next decision. */
import Reveal from "reveal.js";
import Notes from "reveal.js/plugin/notes";
import reveal from "reveal.js/reveal.css";
import { Big } from "../present/big.js";
import walk from "../styles/present.css";
import own from "../styles/slides.css";
import { back, forward } from "./pace.js";

/** @import { PacketWalk } from "../player/element.js" */

const sheets = [reveal, walk, own].map((css) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
});
document.adoptedStyleSheets = [...document.adoptedStyleSheets, ...sheets];

const root = document.documentElement;
const deck = new Reveal({
  disableLayout: true,
  display: "grid",
  center: false,
  hash: true,
  transition: "none",
  plugins: [Notes],
  keyboard: {
    32: on,
    39: on,
    34: on,
    37: off,
    33: off,
    40: () => walking()?.playback.go(walking().i + 1),
    38: () => walking()?.playback.go(walking().i - 1),
    68: () => {
      root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    },
  },
});

/** What the slides that were seen show. @type {Map<Element, Big>} */
const shown = new Map();

/** The walk of this slide. @returns {PacketWalk|null} */
function walking() {
  const player = shown.get(deck.getCurrentSlide())?.player;
  return player?.line ? player : null;
}

function on() {
  if (!forward(walking())) deck.next();
}

function off() {
  if (!back(walking())) deck.prev();
}

function show() {
  const slide = deck.getCurrentSlide();
  for (const [other, { player }] of shown) if (other !== slide && player.line) player.playback.pause();
  const player = /** @type {PacketWalk|null} */ (slide.querySelector("packet-walk"));
  if (!player || shown.has(slide)) return;
  const big = new Big(player);
  shown.set(slide, big);
  player.replaceWith(big.box);
  big.begin();
}

await customElements.whenDefined("packet-walk");
deck.on("slidechanged", show);
await deck.initialize();
show();
