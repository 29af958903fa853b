/** The still part of the diagram: lanes, pods, stations, tracks and wires. */
import { nothing, svg } from "lit";
import { shorten } from "../model/numbers.js";

/** @import { Layout } from "../layout/layout.js" */

const line = (points) => points.map((p) => `${p.x},${p.y}`).join(" ");

/** What lies below the packet's way. @param {Layout} layout */
export function ground(layout) {
  return svg`
    ${layout.lanes.map(lane)}
    ${layout.cards.map((c) => svg`<rect class="card" x=${c.x} y=${c.y} width=${c.w} height=${c.h} rx="9"/>`)}
    ${layout.tracks.map((t) => svg`<polyline class="track" points=${line(t)}/>`)}
    ${layout.kind === "wide" ? wires(layout) : nothing}`;
}

/**
 * What lies above it.
 * @param {Layout} layout
 * @param {string} active  the station of the step shown
 * @param {boolean} ended
 * @param {(id: string) => void} press
 */
export const stations = (layout, active, ended, press) =>
  svg`${[...layout.stations.values()].map((s) => station(s, s.id === active, ended, press))}`;

function lane(l) {
  const room = Math.floor((l.w - 20) / 6.3);
  const label = [l.label, l.node].find((w) => w.length <= room) ?? shorten(l.node, l.w - 24);
  const words = [label, l.address].filter(Boolean).join(" · ");
  const address = words.length <= room && l.address ? svg`<tspan dx="6">${l.address}</tspan>` : nothing;
  return svg`<g class="lane"><rect x=${l.x} y=${l.y} width=${l.w} height=${l.h} rx="12"/>
    <text x=${l.x + 12} y=${l.y + 17}><tspan class="name">${label}</tspan>${address}</text></g>`;
}

function station(s, active, ended, press) {
  const { name, detail, full, mono, head } = s.label;
  const y = s.y + s.h / 2 + 4;
  const kind = ["station", head && "head", active && "active", active && ended && "ended"]
    .filter(Boolean)
    .join(" ");
  const edge = s.ax < s.x ? s.x : s.x + s.w;
  const stub = svg`<line class="stub" x1=${edge} x2=${s.ax} y1=${s.ay} y2=${s.ay}/>`;
  const more = detail ? svg`<tspan dx="7" class="detail">${detail}</tspan>` : nothing;
  return svg`<g class=${kind} @click=${() => press(s.id)}><title>${full}</title>
    <rect x=${s.x} y=${s.y} width=${s.w} height=${s.h} rx="7"/>
    ${s.rail ? nothing : stub}
    <text x=${s.x + 9} y=${y}><tspan class=${mono ? "name mono" : "name"}>${name}</tspan>${more}</text></g>`;
}

function wires(layout) {
  const across = layout.tracks.filter(
    (t) => t.length === 4 && t[1].y === layout.wireY && t[2].y === layout.wireY,
  );
  const words = across.length > 1 ? "the wire" : "the wire between the nodes";
  const y = layout.wireY + 16;
  return across.map(
    ([, from, to]) =>
      svg`<text class="wire" x=${(from.x + to.x) / 2} y=${y} text-anchor="middle">${words}</text>`,
  );
}
