/** The same element in a live notebook, which hands in the stories and the walk's player. */
/** @import { PacketwalkTimeline } from "./element.js" */

/** @param {any} model @returns {Promise<any>} */
async function playerFrom(model) {
  if (customElements.get("packet-walk")) return;
  const text = await new Promise((resolve) => {
    const listen = (message) => {
      if (message?.type !== "player") return;
      model.off("msg:custom", listen);
      resolve(message.player);
    };
    model.on("msg:custom", listen);
    model.send({ type: "player" });
  });
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  await import(url).finally(() => URL.revokeObjectURL(url));
}

/** @param {{model: any, el: HTMLElement}} widget @returns {() => void} clean up */
export function render({ model, el }) {
  const timeline = /** @type {PacketwalkTimeline} */ (document.createElement("packetwalk-timeline"));
  timeline.toggleAttribute("unlinked", true);
  timeline.given = JSON.parse(model.get("timeline"));
  timeline.loadPlayer = () => playerFrom(model);
  el.append(timeline);
  return () => timeline.remove();
}
