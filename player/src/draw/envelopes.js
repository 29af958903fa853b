/** The nested envelopes of a packet in an SVG: written straight to the DOM, only what changed. */
/** @import { Envelope } from "../model/envelope.js" */

const SVG = "http://www.w3.org/2000/svg";

/** Make an SVG element. @param {string} name @param {Record<string, string>} [attributes] */
export function make(name, attributes = {}) {
  const el = document.createElementNS(SVG, name);
  for (const [k, v] of Object.entries(attributes)) el.setAttribute(k, v);
  return el;
}

/** Set an attribute only when it differs from what was written last. */
export function set(el, name, value) {
  el.known ??= {};
  const { known } = el;
  if (known[name] === value) return;
  known[name] = value;
  if (value === null) el.removeAttribute(name);
  else el.setAttribute(name, value);
}

export const styled = (el, name, value) => {
  el.styled ??= {};
  if (el.styled[name] === value) return;
  el.styled[name] = value;
  el.style[name] = value;
};
export const move = (el, value) => styled(el, "transform", value);
const text = (el, value) => {
  if (el.words !== value) {
    el.words = value;
    el.textContent = value;
  }
};
export const px = (n) => String(Math.round(n * 10) / 10);

export class Envelopes {
  /** @param {SVGSVGElement} packet */
  constructor(packet) {
    this.packet = packet;
    this.envelopes = [];
  }

  /** @param {Envelope[]} boxes */
  draw(boxes) {
    while (this.envelopes.length < boxes.length) this.envelopes.push(this.newEnvelope());
    for (const [i, el] of this.envelopes.entries()) {
      set(el.g, "visibility", i < boxes.length ? null : "hidden");
      if (boxes[i]) this.drawEnvelope(el, boxes[i]);
    }
  }

  newEnvelope() {
    const g = this.packet.appendChild(make("g"));
    return {
      g,
      rect: g.appendChild(make("rect", { class: "body", rx: "5" })),
      strip: g.appendChild(make("rect", { class: "strip", rx: "4" })),
      cut: g.appendChild(make("path", { class: "cut" })),
      title: g.appendChild(make("text", { class: "title" })),
      detail: g.appendChild(make("text", { class: "detail", "text-anchor": "end" })),
    };
  }

  /** Plain coordinates, no transforms: a transform inside an SVG makes the browser build its layers anew. */
  drawEnvelope(el, b) {
    if (el.box === b) return;
    el.box = b;
    const y = px(b.y + (b.solid ? b.h / 2 + 4 : 12));
    set(el.g, "class", `envelope ${b.role}${b.solid ? " solid" : ""}`);
    set(el.g, "opacity", b.opacity < 1 ? b.opacity.toFixed(2) : null);
    for (const rect of [el.rect, el.strip]) {
      set(rect, "x", px(b.x));
      set(rect, "y", px(b.y));
      set(rect, "height", px(Math.max(0, b.h)));
    }
    set(el.rect, "width", px(Math.max(0, b.w)));
    set(el.strip, "width", px(Math.max(0, b.solid ? b.w : b.strip)));
    set(el.title, "x", px(b.x + (b.solid ? 5 : b.strip + 4)));
    set(el.title, "y", y);
    set(el.detail, "x", px(b.x + b.w - 5));
    set(el.detail, "y", y);
    text(el.title, b.title);
    text(el.detail, b.detail);
    set(el.cut, "visibility", b.cut ? "inherit" : "hidden");
    if (b.cut) set(el.cut, "d", zigzag(b.x + b.w - 22, b.y, b.h));
  }
}

/** A break: more bytes than are drawn. */
function zigzag(x, y, h) {
  const third = px(h / 3);
  return `M${px(x)} ${px(y)}l-4 ${third} 6 ${third} -4 ${third}h6l4-${third} -6-${third} 4-${third}z`;
}
