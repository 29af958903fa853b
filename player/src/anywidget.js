/** The same element in a live notebook. */
import { asking } from "./data/asking.js";
import { unpackIfPacked } from "./data/unpack.js";

/** @import { PacketWalk } from "./player/element.js" */

/** A source that asks the kernel. @param {any} model */
function liveSource(model) {
  const ask = asking(model);
  return { walk: (options) => ask("walk", { options }), modes: () => ask("modes") };
}

/** @param {{model: any, el: HTMLElement}} widget @returns {() => void} clean up */
export function render({ model, el }) {
  const player = /** @type {PacketWalk} */ (document.createElement("packet-walk"));
  const read = () => {
    const page = unpackIfPacked(JSON.parse(model.get("walk")));
    if (page.compare) player.setAttribute("with", Object.keys(page.compare).join(","));
    player.walk = page;
  };
  const follow = () => {
    player.step = model.get("step");
  };
  read();
  follow();
  player.source = liveSource(model);
  model.on("change:walk", read);
  model.on("change:step", follow);
  player.addEventListener("walk-step", (/** @type {CustomEvent} */ { detail }) => {
    if (model.get("step") === detail.step) return;
    model.set("step", detail.step);
    model.save_changes();
  });
  el.append(player);
  return () => {
    model.off("change:walk", read);
    model.off("change:step", follow);
    player.remove();
  };
}
