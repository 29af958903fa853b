/** The player in which a question's walk is shown: the page's own, or one that is made for it. */
import { fromHash, optionsFromAttributes, usual, walkName } from "../data/options.js";

/** @import { PacketWalk } from "../player/element.js" */
/** @import { PacketwalkTimeline } from "../time/element.js" */
/** @import { Proof } from "./judge.js" */

/** @param {string} walk @returns {PacketWalk|null} */
export function playerOf(walk) {
  /** @type {NodeListOf<PacketWalk>} */
  const players = document.querySelectorAll("packet-walk:not([recorded])");
  const named = (el) => {
    const { options } = optionsFromAttributes(el);
    return usual(options) ? walkName(options) : "";
  };
  return [...players].find((el) => named(el) === walk) ?? null;
}

/**
 * Show a step; without `reveal` only where a player of the page has this walk.
 * @param {Proof} proof @param {Element} box  where a player is made if none has it
 */
export function show({ walk, at }, box, reveal) {
  const known = walk && playerOf(walk);
  if (!walk || !(known || reveal)) return;
  const wanted = fromHash(`#walk=${walk}/${at}`);
  const player = known || spare(box, wanted.options);
  if (reveal) leave();
  player.visit(wanted.options, at, reveal);
}

/** A timeline of the page. @param {string} name @returns {PacketwalkTimeline|null} */
export const timelineOf = (name) => document.querySelector(`packetwalk-timeline#${CSS.escape(name)}`);

/**
 * Show the moment that proves an answer: a page loads the script of timelines when one comes near.
 * @param {Proof} proof
 */
export async function showMoment({ moment, timeline }) {
  leave();
  const found = timelineOf(timeline);
  if (!found) return;
  found.scrollIntoView({ block: "start" });
  await customElements.whenDefined(found.localName);
  found.visit(moment);
}

/** Leave the question so that the browser's way back leads to it. */
function leave() {
  history.replaceState({ asked: scrollY }, "");
  history.pushState(null, "");
}
globalThis.addEventListener?.("popstate", ({ state }) => {
  if (state?.asked !== undefined) scrollTo({ top: state.asked, behavior: "instant" });
});

/** The player of a box whose walk no other on the page has. @returns {PacketWalk} */
function spare(box, options) {
  const there = /** @type {PacketWalk|null} */ (box.querySelector("packet-walk"));
  if (there) return there;
  const player = /** @type {PacketWalk} */ (document.createElement("packet-walk"));
  const root = document.documentElement.dataset.content_root;
  if (root !== undefined) player.dataset.root = `${root}_static/walks/`;
  for (const name of ["plugin", "mode", "scenario", "proto", "size", "fault"])
    if (options[name] !== null) player.setAttribute(name, options[name]);
  for (const name of ["df", "cold"]) player.toggleAttribute(name, options[name]);
  box.append(player);
  return player;
}
