/** A deck of slides made from pages of the book: its walks are live, one key goes on to the next decision. */
import Reveal from "reveal.js";
import Notes from "reveal.js/plugin/notes";
import reveal from "reveal.js/reveal.css";
import { Big } from "../present/big.js";
import { letters } from "../present/fit.js";
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

const LEAST = 12;
const root = document.documentElement;
const deck = new Reveal({
  disableLayout: true,
  display: "grid",
  center: false,
  hash: true,
  transition: "none",
  overview: false,
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

/** A question stands on its slide as a whole, its answer too: the letters are as large as that allows. */
function fitQuestion() {
  const slide = /** @type {HTMLElement} */ (deck.getCurrentSlide());
  if (!slide.matches(".ask")) return;
  slide.style.fontSize = "";
  const most = Math.round(Number.parseFloat(getComputedStyle(slide).fontSize));
  const fits = (size) => {
    slide.style.fontSize = `${size}px`;
    return slide.scrollHeight <= slide.clientHeight;
  };
  slide.style.fontSize = `${letters(fits, LEAST, most)}px`;
}

function show() {
  const slide = deck.getCurrentSlide();
  fitQuestion();
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
addEventListener("resize", fitQuestion);
document.fonts.addEventListener("loadingdone", fitQuestion);
await deck.initialize();
show();
