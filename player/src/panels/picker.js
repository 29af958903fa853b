/** The modes that can stand beside the walk, by plugin. */
import { html, nothing } from "lit";
import { MOST, modeKey } from "../data/options.js";
import { icon } from "../draw/icons.js";
import { modeName, pluginName } from "../model/words.js";
/** @import { Comparison } from "../player/comparison.js" */

/** @param {Comparison} c */
export function picker(c) {
  const { current } = c.player;
  const offers = (c.offers ?? []).filter((o) => modeKey(o) !== modeKey(current));
  const plugins = [...new Set(offers.map((o) => o.plugin))];
  const group = (plugin) => {
    const own = offers.filter((o) => o.plugin === plugin);
    const name = pluginName(plugin);
    return html`<div class="plugin" role="group" aria-label=${name}><b aria-hidden="true">${name}</b>
      ${own.map((o) => choice(c, o))}</div>`;
  };
  const words = c.offers ? "Choose one or two: the same packet in another mode." : "…";
  return html`<div class="picker" id="picker">
    <p role="status">${c.message || words}</p>
    ${plugins.map(group)}</div>`;
}

function choice(c, { plugin, mode, title, scenarios }) {
  const chosen = new Set(c.modes.map(modeKey));
  const on = chosen.has(modeKey({ plugin, mode }));
  const lacks = !(scenarios ?? []).includes(c.player.options.scenario);
  return html`<button type="button" class="chip" aria-pressed=${on ? "true" : "false"}
    ?disabled=${!on && (lacks || chosen.size >= MOST)} title=${lacks ? "has no such scenario" : title || mode}
    @click=${() => c.toggle({ plugin, mode })}>${on ? icon("check") : nothing}${modeName(mode)}</button>`;
}
